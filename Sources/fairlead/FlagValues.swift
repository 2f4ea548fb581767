import ArgumentParser
import FairleadModel
import FairleadServer
import Logging

/// Values that flags of several commands take.
enum FlagValues {
    /// - Throws: `ValidationError` that names the flag and the levels.
    static func logLevel(_ text: String) throws -> Logger.Level {
        guard let level = Logger.Level(rawValue: text) else {
            throw ValidationError(
                "--log-level \(text): one of \(Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")) is wanted"
            )
        }
        return level
    }

    /// - Throws: `ValidationError` that names the flag and the formats.
    static func logFormat(_ text: String) throws -> ServerConfiguration.LogFormat {
        guard let format = ServerConfiguration.LogFormat(rawValue: text) else {
            throw ValidationError("--log-format \(text): text or json is wanted")
        }
        return format
    }

    /// A list that is separated by commas; it may be empty.
    ///
    /// - Parameter example: what a CIDR looks like, for the error.
    /// - Throws: `ValidationError` that names the flag and the first part that is none.
    static func cidrs(_ text: String, _ flag: String, example: String = "10.244.0.0/16") throws -> [CIDR] {
        try text.split(separator: ",").map { part in
            guard let cidr = CIDR(String(part)) else {
                throw ValidationError("\(flag) \(part): a CIDR is wanted, as in \(example)")
            }
            return cidr
        }
    }
}
