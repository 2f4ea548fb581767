import FairleadAPI
package import FairleadHTTP
import Foundation
package import Logging
import Synchronization

/// What answers where a test kit expects an etcd: that it is well, and where its data would be.
///
/// The kube-apiserver of the same kit (`FairleadServer`) keeps its data there: the kit deletes that folder afterwards,
/// and a kube-apiserver that is started again beside the same etcd finds what it had.
package final class EtcdStandIn: Sendable {
    /// The page that says where data belongs.
    package static let folderPath = "/fairlead/data-dir"

    private let folder: String
    private let logger: Logger
    private let http = Mutex<HTTPServer?>(nil)

    package init(folder: String, logger: Logger) {
        self.folder = folder
        self.logger = logger
    }

    /// - Parameter addresses: loopback addresses; only processes of the same user are answered.
    /// - Throws: `StartupError`.
    package func start(on addresses: [HTTPAddress]) async throws {
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw StartupError("cannot make the folder \(folder): \(error.localizedDescription)")
        }
        let absolute = URL(fileURLWithPath: folder).resolvingSymlinksInPath().path
        var settings = HTTPServerConfiguration(addresses: addresses)
        settings.isForOwner = true
        settings.eventLoops = 1
        settings.computeThreads = 1
        settings.shutdownGrace = .milliseconds(80)
        let server = HTTPServer(
            configuration: settings, handler: { .response(Self.answer($0, folder: absolute)) }, logger: logger)
        http.withLock { $0 = server }
        do {
            _ = try await server.start()
        } catch {
            throw StartupError("\(error)")
        }
    }

    package func shutdown() async { await http.withLock { $0 }?.shutdown() }

    private static func answer(_ request: APIRequest, folder: String) -> APIResponse {
        switch request.path {
        case "/health", "/livez", "/readyz":
            APIResponse(
                status: 200, contentType: "application/json", body: [Array(#"{"health":"true","reason":""}"#.utf8)])
        case "/version":
            APIResponse(
                status: 200, contentType: "application/json",
                body: [Array(#"{"etcdserver":"3.6.6","etcdcluster":"3.6.0"}"#.utf8)])
        case folderPath: .text(200, folder)
        default: .text(404, "404 page not found\n")
        }
    }
}
