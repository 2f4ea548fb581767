import ArgumentParser
import FairleadServer

/// `fairlead migrate`: moves a cluster to another store.
struct MigrateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Copy every object from one store, which no server uses, into another one, which is empty.",
        discussion: """
            Objects get new resourceVersions, all greater than those that the old store has given: clients that go on where \
            they were are told to list again. The old store stays as it is. The keys beside the data are not in the store: \
            start the server with the same --data.
            """)

    @Option(name: .long, help: ArgumentHelp("The old store: sqlite:FILE or etcd:URL,URL…", valueName: "storage"))
    var from: String

    @Option(name: .long, help: ArgumentHelp("The new one.", valueName: "storage"))
    var to: String

    @OptionGroup(title: "etcd")
    var etcd: EtcdFlags

    @Option(
        name: [.customLong("encryption-provider-config"), .customLong("encryption-config")],
        help: ArgumentHelp("The EncryptionConfiguration of the server.", valueName: "file"))
    var encryptionProviderConfig: String?

    func run() throws {
        do {
            let done = try StoreMigration(
                from: place(from, "--from"), to: place(to, "--to"), encryptionFile: encryptionProviderConfig)
            StandardStream.output.write(done.summary + "\n")
        } catch let error as StartupError {
            throw failure("\(error)")
        }
    }

    private func place(_ text: String, _ flag: String) throws -> StoreMigration.Place {
        if let options = try etcd.options(of: text, flag) { return .etcd(options) }
        guard text.hasPrefix("sqlite:"), text.count > 7 else {
            throw ValidationError("\(flag) \(text): sqlite:FILE or etcd:URL,URL is wanted")
        }
        return .sqlite(String(text.dropFirst(7)))
    }
}
