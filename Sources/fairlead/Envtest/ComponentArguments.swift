/// The command line of a component of Kubernetes or of etcd, read without knowing all of its flags.
///
/// Test kits write `--name=value`, `--name value` and `-name value`, and repeat flags.
struct ComponentArguments {
    /// The values of each flag, in their order; a flag without a value has "true".
    private(set) var values: [String: [String]] = [:]
    /// The flags in the order in which they first came.
    private(set) var names: [String] = []
    /// What is neither a flag nor the value of one.
    private(set) var others: [String] = []

    /// - Parameter switches: flags that take a value only behind `=`.
    init(_ arguments: some Sequence<String>, switches: Set<String>) {
        var waiting: String?
        for argument in arguments {
            let text = argument.drop { $0 == "-" }
            let dashes = argument.count - text.count
            guard (1...2).contains(dashes), let first = text.first, first.isLetter else {
                if let name = waiting.take() { add(name, argument) } else { others.append(argument) }
                continue
            }
            if let name = waiting.take() { add(name, "true") }
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts[0])
            if parts.count == 2 {
                add(name, String(parts[1]))
            } else if switches.contains(name) {
                add(name, "true")
            } else {
                waiting = name
            }
        }
        if let waiting { add(waiting, "true") }
    }

    private mutating func add(_ name: String, _ value: String) {
        if values[name] == nil { names.append(name) }
        values[name, default: []].append(value)
    }

    /// Of a flag that is given more than once, the last value counts.
    subscript(name: String) -> String? { values[name]?.last }

    /// Whether a switch is on; nil if it is not given, or neither on nor off.
    func isOn(_ name: String) -> Bool? {
        switch self[name] {
        case "true", "1", "t", "T", "TRUE", "True": true
        case "false", "0", "f", "F", "FALSE", "False": false
        default: nil
        }
    }
}
