/// The options of a command as Go's pflag reads them: `--name=value`, `--name value`, `-n value`, `-n=value`.
struct CommandFlags: Sendable {
    /// Which options there are.
    struct Known: Sendable {
        /// With their defaults.
        var values: [String: String] = [:]
        var booleans: [String: Bool] = [:]
        /// Those of `values` that have to be numbers.
        var numbers: Set<String> = []
        var shorthands: [Character: String] = [:]
        /// Whether words that are no options are kept, and everything after them.
        var endsAtFirstWord = false
    }

    /// Why the command line cannot be understood, in pflag's words.
    struct UsageError: Error, Hashable { var message: String }

    private var values: [String: String]
    private var booleans: [String: Bool]
    /// The options that were given.
    private(set) var given: Set<String> = []
    private(set) var words: [String] = []

    init(_ arguments: some Sequence<String>, _ known: Known) throws(UsageError) {
        values = known.values
        booleans = known.booleans
        var rest = Array(arguments)[...]
        while let argument = rest.popFirst() {
            if argument == "--" {
                words += rest
                return
            }
            guard argument.hasPrefix("-"), argument != "-" else {
                words.append(argument)
                if known.endsAtFirstWord {
                    words += rest
                    return
                }
                continue
            }
            let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = try Self.name(String(parts[0]), argument, known)
            given.insert(name)
            if known.booleans[name] != nil {
                let text = parts.count > 1 ? String(parts[1]) : "true"
                guard let value = Self.truth(text) else {
                    throw Self.invalid(text, name, "strconv.ParseBool: parsing \"\(text)\": invalid syntax")
                }
                booleans[name] = value
                continue
            }
            guard let value = parts.count > 1 ? String(parts[1]) : rest.popFirst() else {
                throw UsageError(message: "flag needs an argument: \(argument)")
            }
            if known.numbers.contains(name), Int(value) == nil {
                throw Self.invalid(value, name, "strconv.ParseInt: parsing \"\(value)\": invalid syntax")
            }
            values[name] = value
        }
    }

    private static func invalid(_ value: String, _ name: String, _ reason: String) -> UsageError {
        UsageError(message: "invalid argument \"\(value)\" for \"--\(name)\" flag: \(reason)")
    }

    private static func truth(_ text: String) -> Bool? {
        switch text {
        case "1", "t", "T", "true", "TRUE", "True": true
        case "0", "f", "F", "false", "FALSE", "False": false
        default: nil
        }
    }

    private static func name(_ option: String, _ argument: String, _ known: Known) throws(UsageError) -> String {
        if option.hasPrefix("--") {
            let name = String(option.dropFirst(2))
            if known.values[name] != nil || known.booleans[name] != nil { return name }
            throw UsageError(message: "unknown flag: --\(name)")
        }
        guard let letter = option.dropFirst().first, option.count == 2, let name = known.shorthands[letter] else {
            throw UsageError(message: "unknown shorthand flag: '\(option.dropFirst().prefix(1))' in \(argument)")
        }
        return name
    }

    func text(_ name: String) -> String { values[name] ?? "" }
    func flag(_ name: String) -> Bool { booleans[name] ?? false }
    /// The number of an option of `numbers`.
    func number(_ name: String) -> Int { Int(text(name)) ?? 0 }

    /// A port: nil if it is negative or none.
    func port(_ name: String) -> UInt16? { UInt16(exactly: number(name)) }
}
