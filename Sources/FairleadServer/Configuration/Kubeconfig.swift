package import FairleadHTTP
package import FairleadIdentity
import FairleadModel
import Foundation

/// A kubeconfig with one cluster, context and user, all called `fairlead`, so that users need not give kubectl the
/// server each time and their own configuration stays as it is.
///
/// The file is written at each start, since the port may have changed. What users have changed in it, such as the
/// context's namespace, stays. A file without such a cluster belongs to somebody else and is not touched.
package struct Kubeconfig: Sendable {
    /// Where a server writes its kubeconfig.
    package enum Location: Sendable, Hashable {
        /// Beside the data file; nowhere if the data is in memory.
        case besidesData
        case file(String)
        case nowhere
    }

    package struct Refusal: Error, CustomStringConvertible {
        package var description: String
    }

    /// Of its cluster, its context and its user.
    package static let name = "fairlead"
    /// No real kubeconfig is larger.
    private static let largest = 1 << 20

    package let path: String

    /// The path is made absolute, because it is shown to people in other directories.
    package init(path: String) {
        self.path = path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    }

    /// The kubeconfig of `fairlead.db` is `fairlead.kubeconfig` in the same directory.
    package init(besides data: String) {
        self.init(path: (data.hasSuffix(".db") ? String(data.dropLast(3)) : data) + ".kubeconfig")
    }

    /// How a client reaches a server, and who it is there.
    package struct Access: Sendable {
        package var server: String
        /// The authority that signed the server's certificate (PEM); nil for a plain port.
        package var authority: String?
        /// What proves who the client is; nil for nothing.
        package var client: IssuedCertificate?

        package init(server: String, authority: String? = nil, client: IssuedCertificate? = nil) {
            self.server = server
            self.authority = authority
            self.client = client
        }

        /// The members of `cluster`, without the server.
        fileprivate var clusterData: [(key: String, value: String)] {
            authority.map { [("certificate-authority-data", Self.encoded($0))] } ?? []
        }

        /// The members of `user`.
        fileprivate var userData: [(key: String, value: String)] {
            guard let client else { return [] }
            return [
                ("client-certificate-data", Self.encoded(client.certificatePEM)),
                ("client-key-data", Self.encoded(client.keyPEM)),
            ]
        }

        private static func encoded(_ pem: String) -> String { Base64.encode(Array(pem.utf8)[...]) }
    }

    /// The text of a whole kubeconfig. Written by hand, because the YAML library would take milliseconds of each first
    /// start.
    package static func text(_ access: Access) -> String {
        func lines(_ members: [(key: String, value: String)]) -> String {
            members.map { "    \($0.key): \($0.value)\n" }.joined()
        }
        let user = access.userData
        return """
            apiVersion: v1
            clusters:
            - cluster:
            \(lines(access.clusterData))    server: \(access.server)
              name: \(name)
            contexts:
            - context:
                cluster: \(name)
                user: \(name)
              name: \(name)
            current-context: \(name)
            kind: Config
            users:
            - name: \(name)
              user:\(user.isEmpty ? " {}\n" : "\n" + lines(user))
            """
    }

    // MARK: - the file

    /// The server that the file names; nil if there is no such file, or if it is not one of this program's.
    package var server: String? {
        guard let config = try? read() else { return nil }  // whatever is wrong with it, it names no server
        let clusters = config.items("clusters").filter { $0.text("name") == Self.name }
        return clusters.first.map { $0.text("cluster", "server") }
    }

    /// The file as it is; nil if there is none.
    package var text: String? { try? String(contentsOfFile: path, encoding: .utf8) }  // unreadable is as good as none

    /// Makes the file name this server.
    package func write(server address: HTTPAddress) throws(Refusal) {
        try write(Access(server: address.reachable.url))
    }

    /// Makes the file lead to this server, as this client. The file is replaced as a whole, readable by its owner only.
    package func write(_ access: Access) throws(Refusal) {
        guard var config = try read() else { return try replace(with: Self.text(access)) }
        var clusters = config.items("clusters")
        guard let index = clusters.firstIndex(where: { $0.text("name") == Self.name }) else {
            throw Refusal(
                description:
                    "\(path) is somebody else's kubeconfig, as it has no cluster \(Self.name): choose another "
                    + "--kubeconfig FILE, or none")
        }
        let before = config
        clusters[index].set(.string(access.server), at: "cluster", "server")
        for key in ["certificate-authority", "certificate-authority-data"] {
            let value = access.clusterData.first { $0.key == key }?.value
            clusters[index].set(value.map { .string($0) }, at: "cluster", key)
        }
        config["clusters"] = .array(clusters)
        var users = config.items("users")
        let user = Value.object(Object(access.userData.map { ($0.key, .string($0.value)) }))
        if let index = users.firstIndex(where: { $0.text("name") == Self.name }) {
            // A user that somebody has given other credentials keeps them, unless there are new ones.
            let old = Set((users[index]["user"]?.object ?? Object()).map { $0.key })
            if access.client != nil || old.isSubset(of: ["client-certificate-data", "client-key-data"]) {
                users[index]["user"] = user
                config["users"] = .array(users)
            }
        } else if access.client != nil {
            config["users"] = .array(users + [["name": .string(Self.name), "user": user]])
        }
        if config == before { return }
        try replace(with: String(decoding: YAML.encode(config), as: UTF8.self))
    }

    /// - Throws: if the existing file cannot be trusted or is not a kubeconfig.
    private func read() throws(Refusal) -> Value? {
        // The attributes of the link itself, if the path is a link. A file that cannot be examined counts as absent.
        guard let file = try? FileManager.default.attributesOfItem(atPath: path) else { return nil }
        let owner = (file[.ownerAccountID] as? NSNumber)?.uint32Value
        let mode = (file[.posixPermissions] as? NSNumber)?.intValue ?? 0
        let size = (file[.size] as? NSNumber)?.intValue ?? 0
        // kubectl runs programs that a kubeconfig names, so nobody else may have been able to write it.
        guard file[.type] as? FileAttributeType == .typeRegular, owner == geteuid(), mode & 0o022 == 0 else {
            throw Refusal(
                description:
                    "\(path) is a link, or others may write to it: remove it, or choose another --kubeconfig FILE")
        }
        let bytes = size > Self.largest ? nil : FileManager.default.contents(atPath: path)
        // Whatever the reason, this file must not be replaced.
        guard let bytes, let config = try? YAML.parse(Array(bytes)).value, config.object != nil else {
            throw Refusal(description: "\(path) is no kubeconfig: choose another --kubeconfig FILE, or none")
        }
        return config
    }

    private func replace(with text: String) throws(Refusal) {
        let new = "\(path).new-\(getpid())"
        let descriptor = open(new, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure() }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        do {
            try file.write(contentsOf: Data(text.utf8))
            try file.close()
        } catch {
            unlink(new)
            throw Refusal(description: "cannot write the kubeconfig \(path): \(error.localizedDescription)")
        }
        guard rename(new, path) == 0 else {
            let failure = failure()
            unlink(new)
            throw failure
        }
    }

    private func failure() -> Refusal {
        let reason = String(cString: strerror(errno))
        return Refusal(
            description: "cannot write the kubeconfig \(path): \(reason); choose another --kubeconfig FILE, or none")
    }
}

extension HTTPAddress {
    /// The address at which a client on this machine reaches a server that listens here.
    var reachable: HTTPAddress {
        switch host {
        case "0.0.0.0": HTTPAddress(host: "127.0.0.1", port: port)
        case "::": HTTPAddress(host: "::1", port: port)
        default: self
        }
    }
}
