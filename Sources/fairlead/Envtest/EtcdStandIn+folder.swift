import FairleadHTTP
import FairleadRemote
import FairleadServer
import Foundation

extension EtcdStandIn {
    /// Asks whoever answers there where data belongs.
    ///
    /// - Returns: nil if that is not a stand-in of the same user.
    static func folder(of address: HTTPAddress) async -> String? {
        // Nobody, or a genuine etcd: the answer is that there is no folder.
        guard let url = try? ServerURL("http://\(address)"),
            let page = try? await RemotePage.get(RemoteServer(url: url), folderPath),  // as above
            page.status == 200
        else { return nil }
        var figures = stat()
        guard page.body.hasPrefix("/"), lstat(page.body, &figures) == 0, figures.st_mode & S_IFMT == S_IFDIR,
            figures.st_uid == geteuid()
        else { return nil }
        return page.body
    }
}
