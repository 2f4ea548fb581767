import ArgumentParser
import FairleadEtcd
import FairleadServer

/// Where objects are kept. Flags about etcd are named as kube-apiserver's, as far as it has them.
struct StorageFlags: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "Where objects are kept: sqlite:FILE, memory, or etcd:URL,URL… (default: the SQLite file of --data)",
            discussion:
                "Several servers may share an etcd (docs/operations.md); --data then says beside which file their keys "
                + "and kubeconfig are.", valueName: "storage"))
    var storage: String?

    @OptionGroup var members: EtcdFlags

    /// Where SQLite's file is, or what is kept beside it.
    func location(_ data: String?) throws -> ServerConfiguration.DataLocation {
        var data = data
        if let storage, !storage.hasPrefix(Self.etcd) {
            guard data == nil else {
                throw ValidationError("--storage \(storage): --data says the same in another way")
            }
            if storage == "memory" {
                data = ":memory:"
            } else if storage.hasPrefix(Self.sqlite), storage.count > Self.sqlite.count {
                data = String(storage.dropFirst(Self.sqlite.count))
            } else {
                throw ValidationError("--storage \(storage): sqlite:FILE, memory or etcd:URL,URL is wanted")
            }
        }
        return data == ":memory:" ? .memory : .file(DataFile.path(data))
    }

    /// nil if objects are not kept in etcd.
    /// - Throws: `ValidationError` that names the flag and the values it accepts.
    func etcd() throws -> EtcdOptions? {
        if let storage, let options = try members.options(of: storage, "--storage") { return options }
        guard members.areUnused else {
            throw ValidationError("--etcd-ca, --etcd-cert and --etcd-key belong to --storage etcd:URL")
        }
        return nil
    }

    private static let etcd = "etcd:"
    private static let sqlite = "sqlite:"
}

/// How to speak to etcd.
struct EtcdFlags: ParsableArguments {
    @Option(
        name: .customLong("etcd-ca"),
        help: ArgumentHelp(
            "The authorities (PEM) of etcd's certificates. (default: those of the system)", valueName: "file"))
    var authority: String?

    @Option(
        name: .customLong("etcd-cert"),
        help: ArgumentHelp("The certificate (PEM) that etcd is shown.", valueName: "file"))
    var certificate: String?

    @Option(name: .customLong("etcd-key"), help: ArgumentHelp("The key of --etcd-cert (PEM).", valueName: "file"))
    var key: String?

    @Option(
        name: .customLong("etcd-prefix"),
        help: ArgumentHelp("What all keys in etcd begin with.", valueName: "prefix"))
    var prefix = "/registry"

    var areUnused: Bool { authority == nil && certificate == nil && key == nil }

    /// What a storage of the form `etcd:URL,URL` stands for; nil if it is none.
    /// - Throws: `ValidationError` that names the flag and the values it accepts.
    func options(of storage: String, _ flag: String) throws -> EtcdOptions? {
        guard storage.hasPrefix("etcd:") else { return nil }
        guard var options = EtcdOptions(String(storage.dropFirst(5))) else {
            throw ValidationError("\(flag) \(storage): etcd:URL,URL is wanted, as in etcd:http://127.0.0.1:2379")
        }
        guard (certificate == nil) == (key == nil) else {
            throw ValidationError("--etcd-cert and --etcd-key belong together")
        }
        guard prefix.hasPrefix("/"), !prefix.hasSuffix("/"), !prefix.contains("//") else {
            throw ValidationError("--etcd-prefix \(prefix): it begins with a slash and does not end with one")
        }
        options.prefix = prefix
        options.authorityFile = authority
        options.certificateFile = certificate
        options.keyFile = key
        return options
    }
}
