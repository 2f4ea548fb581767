import ArgumentParser
import FairleadServer

/// `fairlead secrets`: what is encrypted in a database.
struct SecretsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "secrets", abstract: "Encrypt what is in a database file.", subcommands: [Reencrypt.self])

    /// `fairlead secrets reencrypt`.
    struct Reencrypt: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "reencrypt",
            abstract: "Write everything in a database file that no server has open as it would be written now.",
            discussion: """
                With the flags that the server is started with. Do it after --encrypt-secrets was turned on or off, or another \
                key was put first: history is rewritten, too, and the old form is overwritten. It ends with status 1 \
                if there is something that no key can read; that stays as it is.
                """)

        @Option(name: .long, help: "The SQLite file. (default: in the user's data directory)")
        var data: String?

        @OptionGroup var encryption: EncryptionFlags

        func run() throws {
            do {
                let done = try SecretsReencryption(
                    path: DataFile.path(data), makesKey: encryption.encryptSecrets,
                    file: encryption.encryptionProviderConfig)
                for line in done.summary { StandardStream.output.write(line + "\n") }
                if !done.isComplete { throw ExitCode.failure }
            } catch let error as StartupError {
                throw failure("\(error)")
            }
        }
    }
}

/// Flags about what is encrypted in the database.
struct EncryptionFlags: ParsableArguments {
    @Flag(
        name: .long,
        help: "Encrypt Secrets in the database, with a key of our own that is kept in the folder of keys beside it.")
    var encryptSecrets = false

    @Option(
        name: [.customLong("encryption-provider-config"), .customLong("encryption-config")],
        help: ArgumentHelp(
            "An EncryptionConfiguration (apiserver.config.k8s.io/v1) that says what is encrypted in the database: "
                + "providers aesgcm, aescbc, secretbox and identity.", valueName: "file"))
    var encryptionProviderConfig: String?

    func validate() throws {
        if encryptSecrets, encryptionProviderConfig != nil {
            throw ValidationError("--encrypt-secrets and --encryption-provider-config: one of them is enough")
        }
    }
}
