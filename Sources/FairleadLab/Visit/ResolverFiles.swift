import FairleadModel
import Foundation

/// The files that programs in the lab find in place of the machine's, so that they ask the cluster DNS and nobody else.
package struct ResolverFiles: Sendable {
    package let folder: LabFolder

    package init(_ folder: LabFolder) { self.folder = folder }

    /// A node's resolv.conf. Unlike a real node's it has a search list, so that `web.default` is found from there, too.
    package static func node(nameserver: String, domain: String) -> String {
        nameserver.isEmpty
            ? "# this cluster has no DNS\n"
            : "search svc.\(domain) \(domain)\nnameserver \(nameserver)\noptions ndots:5\n"
    }

    package static let outside = "# there is no cluster DNS outside the cluster\n"

    /// Names are looked for in /etc/hosts and the DNS. Multicast DNS would claim `cluster.local`, and services of the
    /// machine would answer from there.
    package static func nameServices(of text: String) -> String {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let others = lines.filter { !$0.split(whereSeparator: \.isWhitespace).joined().hasPrefix("hosts:") }
        return "hosts: files dns\n" + others.joined(separator: "\n")
    }

    /// Writes the files of a target.
    ///
    /// - Parameter text: its resolv.conf.
    /// - Returns: pairs of a file and the one that it stands in for; those that the machine does not have are left out.
    /// - Throws: `SystemFailure`
    package func write(_ text: String, for target: LabTarget) throws -> [String] {
        let mark = SHA256.hash(Array("\(target)".utf8)).prefix(8).map { String($0, radix: 16) }.joined(separator: "-")
        var pairs = try place(text, "resolv-\(mark).conf", over: "/etc/resolv.conf")
        if let system = FileManager.default.contents(atPath: "/etc/nsswitch.conf") {
            let text = Self.nameServices(of: String(decoding: system, as: UTF8.self))
            pairs += try place(text, "nsswitch.conf", over: "/etc/nsswitch.conf")
        }
        return pairs
    }

    private func place(_ text: String, _ name: String, over system: String) throws -> [String] {
        guard FileManager.default.fileExists(atPath: system) else { return [] }
        let path = folder.path + "/" + name
        do {
            try text.write(toFile: path, atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        } catch {
            throw SystemFailure("writing \(path)", code: 5)
        }
        return [path, system]
    }
}
