import FairleadModel
import FairleadRandomTesting
import Testing

@testable import FairleadRouting

/// The rules of kube-proxy, case by case, from the files in `Cases/`.
struct RoutingCaseTests {
    @Test func thereAreEnoughCases() throws {
        #expect(try RoutingCase.all().reduce(0) { $0 + $1.lines.count } >= 150)
    }

    @Test(arguments: try RoutingCase.all().map(\.name))
    func packetsGoWhereTheFileSays(name: String) throws {
        let file = try #require(try RoutingCase.all().first { $0.name == name })
        for line in file.lines {
            let found = Observation(file.table, line.packet)
            var expected = line.expectation[...]
            while let word = expected.popFirst() {
                let failures = found.check(word, &expected)
                for failure in failures { Issue.record("\(line.text)\n  \(failure)") }
            }
        }
    }
}

/// Everything that can happen to a packet: what many throws of the dice show.
private struct Observation {
    private var outcomes: Set<String> = []
    private var sources: Set<String> = []
    private var decisions: [Decision] = []

    init(_ table: RoutingTable, _ packet: Packet) {
        for seed in 0..<64 as Range<UInt64> {
            var generator = SplitMix64(seed: seed)
            var connections = ConnectionTable()
            let decision = table.route(packet, &connections, at: 0, using: &generator)
            decisions.append(decision)
            switch decision.outcome {
            case .delivered(let socket):
                outcomes.insert("to \(socket)")
                if let seen = decision.sourceSeen { sources.insert(seen.description) }
            case .rejected(let reason): outcomes.insert("reject \(reason.rawValue)")
            case .dropped(let reason): outcomes.insert("drop \(reason.rawValue)")
            case .unreachable(let reason): outcomes.insert("unreachable \(reason.rawValue)")
            case .leavesCluster: outcomes.insert("leaves")
            case .answeredByNode(let isHealthy, let count):
                outcomes.insert("health \(isHealthy ? 200 : 503) \(count)")
            }
            // Whatever happens can be told.
            let report = RouteReport(decision)
            precondition(!report.text.isEmpty && report.svg.hasSuffix("</svg>\n") && report.json["steps"] != nil)
        }
    }

    /// - Returns: what is not as `word` and what follows it say.
    func check(_ word: String, _ rest: inout ArraySlice<String>) -> [String] {
        func next() -> String { rest.popFirst() ?? "" }
        func compare<Element: Hashable & Comparable>(_ what: String, _ found: Set<Element>, _ wanted: [Element])
            -> [String]
        {
            found == Set(wanted) ? [] : ["\(what): \(found.sorted()), wanted \(wanted)"]
        }
        func compareAll(_ what: String, _ found: (Decision) -> String) -> [String] {
            compare(what, Set(decisions.map(found)), next().split(separator: ",").map(String.init))
        }
        switch word {
        case "to":
            return compare("outcome", outcomes, next().split(separator: ",").map { "to \($0)" } + alternatives(&rest))
        case "reject", "drop", "unreachable": return compare("outcome", outcomes, ["\(word) \(next())"])
        case "leaves": return compare("outcome", outcomes, ["leaves"])
        case "health": return compare("outcome", outcomes, ["health \(next()) \(next())"])
        case "from": return compare("source", sources, next().split(separator: ",").map(String.init))
        case "masq": return compareAll("masquerade") { $0.masquerade?.rawValue ?? "-" }
        case "scope": return compareAll("scope") { $0.scope?.rawValue ?? "-" }
        case "topology": return compareAll("topology") { $0.pool?.topology.rawValue ?? "-" }
        case "basis": return compareAll("basis") { $0.pool?.basis.rawValue ?? "-" }
        case "on": return compareAll("node") { $0.node ?? "-" }
        case "nodes": return compareAll("nodes") { $0.nodeChoice?.nodes.joined(separator: "+") ?? "-" }
        case "access": return compareAll("access") { $0.access?.rawValue ?? "-" }
        case "without":
            // ADDRESS=Exclusion of an endpoint, or NODE=Exclusion of a node.
            return next().split(separator: ",").flatMap { pair -> [String] in
                let sides = pair.split(separator: "=").map(String.init)
                return exclusions(of: sides[0]) == [sides[1]]
                    ? [] : ["\(sides[0]): \(exclusions(of: sides[0]).sorted())"]
            }
        case "asks":
            return compareAll("questions") { $0.lookup?.questions.map(\.name).joined(separator: "+") ?? "-" }
        default: return ["what is '\(word)'?"]
        }
    }

    /// `or drop REASON`, as often as there is one.
    private func alternatives(_ rest: inout ArraySlice<String>) -> [String] {
        var found: [String] = []
        while rest.first == "or" {
            rest.removeFirst()
            found.append("\(rest.removeFirst()) \(rest.removeFirst())")
        }
        return found
    }

    private func exclusions(of text: String) -> Set<String> {
        var found: Set<String> = []
        for decision in decisions {
            if let excluded = decision.nodeChoice?.excluded[text] { found.insert(excluded.rawValue) }
            for candidate in RouteReport(decision).candidates where candidate.endpoint == text {
                found.insert(candidate.exclusion)
            }
        }
        return found
    }
}
