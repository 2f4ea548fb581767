import FairleadModel
import Foundation

/// The kubeconfigs of a user, read once: clusters, users and contexts by name.
///
/// Several files are merged as kubectl does it: of entries with the same name the one in the first file counts, as a
/// whole. Nothing here is executed or written.
package struct KubeconfigFiles: Sendable {
    struct File: Sendable {
        /// How to call it in a complaint.
        var name: String
        /// What relative paths in it start from.
        var folder: String
        var config: Value
    }

    let files: [File]

    /// One file, which must exist.
    package init(reading path: String) throws(RemoteServer.Refusal) {
        files = [try Self.file(path)]
    }

    /// The files of `$KUBECONFIG`, of which some may be missing.
    package init(merging paths: [String]) throws(RemoteServer.Refusal) {
        var files: [File] = []
        for path in paths where FileManager.default.fileExists(atPath: path) { files.append(try Self.file(path)) }
        guard !files.isEmpty else {
            throw RemoteServer.Refusal(
                "none of the kubeconfigs in $KUBECONFIG exists (\(paths.joined(separator: ", "))): correct or unset it")
        }
        self.files = files
    }

    /// The text of a kubeconfig.
    /// - Parameters:
    ///   - name: how to call it in a complaint.
    ///   - folder: what relative paths in it start from.
    package init(text: String, name: String = "the kubeconfig", folder: String) throws(RemoteServer.Refusal) {
        files = [try Self.file(Array(text.utf8), name: name, folder: folder)]
    }

    private static func file(_ path: String) throws(RemoteServer.Refusal) -> File {
        let folder = URL(filePath: path).deletingLastPathComponent().path
        return try file(try SmallFile.read(path, "the kubeconfig"), name: path, folder: folder)
    }

    private static func file(
        _ bytes: [UInt8], name: String, folder: String
    ) throws(RemoteServer.Refusal) -> File {
        let config: Value
        do {
            config = try YAML.parse(bytes).value
        } catch {
            throw RemoteServer.Refusal("\(name) is no kubeconfig (\(error.message)): name another file")
        }
        // kubectl, too, takes an empty file for one that says nothing.
        guard config.object != nil || config.isNull else {
            throw RemoteServer.Refusal("\(name) is no kubeconfig: name another file")
        }
        return File(name: name, folder: folder, config: config)
    }

    /// The names of all files, for complaints.
    var names: String { files.map(\.name).joined(separator: ", ") }

    /// The server that a context leads to.
    ///
    /// - Parameter context: nil for the current one.
    /// - Throws: if something is missing or unreadable, or would need a program to be run (`exec`).
    package func server(context: String? = nil) throws(RemoteServer.Refusal) -> RemoteServer {
        let name: String
        if let context { name = context } else { name = try currentContext() }
        guard let chosen = entry("contexts", "context", name) else {
            throw RemoteServer.Refusal(
                "there is no context \"\(name)\" in \(names): choose one of \(list(of: "contexts")) with --context")
        }
        let clusterName = chosen.text("cluster")
        guard let cluster = entry("clusters", "cluster", clusterName) else {
            throw RemoteServer.Refusal(
                "context \"\(name)\" names the cluster \"\(clusterName)\", which is not in \(names): choose another "
                    + "context, or add the cluster with `kubectl config set-cluster`")
        }
        var server = try cluster.clusterServer()
        let userName = chosen.text("user")
        if !userName.isEmpty {
            guard let user = entry("users", "user", userName) else {
                throw RemoteServer.Refusal(
                    "context \"\(name)\" names the user \"\(userName)\", which is not in \(names): choose another "
                        + "context, or add the user with `kubectl config set-credentials`")
            }
            try user.addCredentials(to: &server)
        }
        return try server.checked()
    }

    private func currentContext() throws(RemoteServer.Refusal) -> String {
        for file in files {
            if let name = file.config["current-context"]?.string, !name.isEmpty { return name }
        }
        throw RemoteServer.Refusal(
            "\(names) has no current-context: choose one of \(list(of: "contexts")) with --context, or with "
                + "`kubectl config use-context`")
    }

    private func entry(_ section: String, _ member: String, _ name: String) -> KubeconfigEntry? {
        for file in files {
            for item in file.config[section]?.array ?? [] where item["name"]?.string == name {
                return KubeconfigEntry(
                    file: file, title: "\(member) \"\(name)\"", value: item[member] ?? .object(Object()))
            }
        }
        return nil
    }

    private func list(of section: String) -> String {
        let names = files.flatMap { ($0.config[section]?.array ?? []).compactMap { $0["name"]?.string } }
        return names.isEmpty ? "(there are none)" : names.joined(separator: ", ")
    }
}
