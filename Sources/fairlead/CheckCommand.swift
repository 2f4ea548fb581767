import ArgumentParser
import FairleadModel
import FairleadServer
import Foundation

/// `fairlead check`: examines a database file, and repairs it.
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Examine a database file that no server has open, and mend it.",
        discussion: """
            Prints one line for each finding: of the file's structure, of objects that cannot be read, of claims to \
            addresses and ports that do not fit the Services. Ends with status 0 for none, 1 for some, 2 for a file \
            that cannot be read.
            """)

    @Option(name: .long, help: "The SQLite file. (default: in the user's data directory)")
    var data: String?

    @Flag(
        name: .long,
        help: """
            Mend what can be mended. A copy of the file is left beside it, and what is taken out is written to another \
            file there.
            """)
    var repair = false

    @Option(
        name: [.customLong("encryption-provider-config"), .customLong("encryption-config")],
        help: ArgumentHelp(
            "The EncryptionConfiguration that the server is started with; a key beside the file is found.",
            valueName: "file"))
    var encryptionProviderConfig: String?

    func run() async throws {
        let check = DatabaseCheck(
            path: DataFile.path(data), encryptionFile: encryptionProviderConfig, environment: .live
        ) { line in
            StandardStream.output.write(line + "\n")
        }
        let outcome = repair ? await check.repair() : check.examine()
        throw ExitCode(outcome.rawValue)
    }
}

/// The location of the database.
enum DataFile {
    /// The given path, or `fairlead/fairlead.db` in the user's data directory (XDG Base Directory Specification).
    static func path(_ given: String?) -> String {
        if let given { return given }
        let variables = ProcessInfo.processInfo.environment
        let base =
            variables["XDG_DATA_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
            ?? (variables["HOME"] ?? "/var/lib") + "/.local/share"
        return base + "/fairlead/fairlead.db"
    }
}
