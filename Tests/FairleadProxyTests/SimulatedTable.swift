import FairleadModel
import FairleadRouting

@testable import FairleadProxy

/// Takes nft's commands as strictly as the kernel does: nothing is added twice, nothing removed that is not there, and
/// nothing leads to what does not exist.
struct SimulatedTable: Equatable {
    struct Fault: Error { var text: String }

    /// The elements of sets and maps. Of sets that are filled by rules only the names are known.
    private(set) var sets: [String: [String: String]] = [:]
    private(set) var chains: [String: [String]] = [:]

    /// One transaction.
    mutating func run(_ script: String) throws(Fault) {
        var result = self
        var chain: String?
        var isInTable = false
        for line in script.split(separator: "\n") {
            for part in isInTable ? [String(line)] : Self.commands(line) {
                let command = part.trimming
                if isInTable {
                    try result.declare(command, &chain, &isInTable)
                } else if command.hasPrefix("table ") {
                    isInTable = true
                } else {
                    try result.carryOut(command)
                }
            }
        }
        try result.checkReferences()
        self = result
    }

    /// Without chains that nothing leads to.
    var used: SimulatedTable {
        var copy = self
        let texts = sets.values.flatMap(\.values) + chains.values.joined()
        copy.chains = chains.filter { name, rules in
            rules.first?.hasPrefix("type nat") ?? false || texts.contains { $0.words.contains(name) }
        }
        return copy
    }

    func elements(_ set: String) -> [String: String] { sets[set] ?? [:] }

    // MARK: Commands

    /// The commands of a line; what stands in braces belongs together.
    private static func commands(_ line: Substring) -> [String] {
        var commands = [""]
        var depth = 0
        for character in line {
            if character == "{" { depth += 1 }
            if character == "}" { depth -= 1 }
            if character == ";", depth == 0 {
                commands.append("")
            } else {
                commands[commands.count - 1].append(character)
            }
        }
        return commands
    }

    private mutating func declare(_ line: String, _ chain: inout String?, _ isInTable: inout Bool) throws(Fault) {
        let words = line.words
        switch words.first {
        case "}":
            if chain == nil { isInTable = false }
            chain = nil
        case "chain":
            chain = words[1]
            chains[words[1]] = []
        case "map", "set":
            var elements: [String: String] = [:]
            if let start = line.firstRange(of: "elements = { ")?.upperBound {
                for element in line[start...].prefix(while: { $0 != "}" }).components(", ") {
                    elements[element.trimming] = ""
                }
            }
            sets[words[1]] = elements
        default:
            guard let chain else { throw Fault(text: "where does this belong: \(line)") }
            chains[chain]?.append(line)
        }
    }

    private mutating func carryOut(_ command: String) throws(Fault) {
        let words = command.words
        guard words.count >= 4, words[2...3].joined(separator: " ") == Skeleton.table else {
            throw Fault(text: "not about our table: \(command)")
        }
        let name = words.count > 4 ? words[4] : ""
        switch words[0...1].joined(separator: " ") {
        case "add table": break
        case "delete table": self = SimulatedTable()
        case "add set":
            try ensure(sets[name] == nil, command)
            sets[name] = [:]
        case "delete set":
            try ensure(sets.removeValue(forKey: name) != nil, command)
        case "add chain":
            try ensure(chains[name] == nil, command)
            chains[name] = []
        case "flush chain":
            try ensure(chains[name] != nil, command)
            chains[name] = []
        case "delete chain":
            try ensure(chains.removeValue(forKey: name)?.isEmpty ?? false, command)
        case "add rule":
            try ensure(chains[name] != nil, command)
            chains[name]?.append(words[5...].joined(separator: " "))
        case "add element", "delete element":
            try ensure(sets[name] != nil, command)
            let list = command.drop { $0 != "{" }.dropFirst().prefix { $0 != "}" }
            for element in list.components(", ") { try set(String(element), name, isAdded: words[0] == "add", command) }
        default: throw Fault(text: "unknown: \(command)")
        }
    }

    private mutating func set(_ text: String, _ name: String, isAdded: Bool, _ command: String) throws(Fault) {
        let sides = text.components(" : ").map(\.trimming)
        if isAdded {
            try ensure(sets[name]?[sides[0]] == nil, "\(sides[0]) is there: \(command)")
            sets[name]?[sides[0]] = sides.count > 1 ? sides[1] : ""
        } else {
            try ensure(sets[name]?.removeValue(forKey: sides[0]) != nil, "\(sides[0]) is not there: \(command)")
        }
    }

    private func ensure(_ condition: Bool, _ text: String) throws(Fault) {
        guard condition else { throw Fault(text: text) }
    }

    private func checkReferences() throws(Fault) {
        for text in chains.values.joined() + sets.values.flatMap(\.values) {
            let words = text.words
            for (index, word) in words.enumerated() {
                if word.hasPrefix("@") { try ensure(sets[String(word.dropFirst())] != nil, "no set: \(text)") }
                if word == "goto" || word == "jump" { try ensure(chains[words[index + 1]] != nil, "no chain: \(text)") }
            }
        }
    }
}

extension StringProtocol {
    fileprivate var trimming: String { String(drop { $0 == " " }).trimmedEnd }
    private var trimmedEnd: String { String(String(reversed()).drop { $0 == " " }.reversed()) }
    var words: [String] { split(separator: " ").map { $0.hasSuffix(",") ? String($0.dropLast()) : String($0) } }
    func components(_ separator: String) -> [Substring] { Substring(self).split(separator: separator) }
}
