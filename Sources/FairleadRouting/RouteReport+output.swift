package import FairleadModel

extension RouteReport {
    /// For people, to be read from top to bottom.
    package var text: String {
        var text = ""
        text.reserveCapacity(2048)
        /// Interpolation would make a string of each line first.
        func write(_ parts: String...) { for part in parts { text += part } }
        var place = ""
        for step in steps {
            if step.place != place {
                write(step.place, "\n")
                place = step.place
            }
            write("  ", step.text, "\n")
            for fact in step.facts { write("      ", fact.object, ": ", fact.field, " = ", fact.value, "\n") }
        }
        if !candidates.isEmpty { write("\nEndpoints\n") }
        for candidate in candidates {
            write(candidate.isChosen ? "  * " : "    ")
            for part in [candidate.endpoint, candidate.node, candidate.pod] where !part.isEmpty { write(part, "  ") }
            write(candidate.text, "\n")
        }
        if !back.isEmpty { write("\nThe way back\n") }
        for line in back { write("  ", line, "\n") }
        return text
    }

    /// For programs.
    package var json: Value {
        let steps = steps.map { step -> Value in
            let facts = step.facts.map { fact in
                Self.sorted(
                    ("field", .string(fact.field)), ("object", .string(fact.object)), ("value", .string(fact.value)))
            }
            return Self.sorted(
                ("facts", .array(facts)), ("place", .string(step.place)), ("rule", .string(step.rule)),
                ("text", .string(step.text)))
        }
        let candidates = candidates.map { candidate in
            Self.sorted(
                ("chosen", .bool(candidate.isChosen)), ("endpoint", .string(candidate.endpoint)),
                ("exclusion", .string(candidate.exclusion)), ("node", .string(candidate.node)),
                ("pod", .string(candidate.pod)), ("share", .double(candidate.share)))
        }
        var object: Object = [
            "kind": "PacketPath", "apiVersion": "fairlead.dev/v1", "outcome": .string(outcomeName),
            "steps": .array(steps), "endpoints": .array(candidates), "wayBack": .array(back.map { .string($0) }),
        ]
        if let reason = decision.outcome.reason { object["reason"] = .string(reason.rawValue) }
        if let node = decision.node { object["node"] = .string(node) }
        if let port = decision.servicePort { object["service"] = .string(port.service.description) }
        if let chosen = decision.chosen { object["chosen"] = .string(chosen.text) }
        if let seen = decision.sourceSeen { object["sourceSeen"] = .string(seen.description) }
        return .object(object)
    }

    /// An object whose members are given in the order of their keys: to sort those of every endpoint would take as long as
    /// the decision.
    private static func sorted(_ members: (key: String, value: Value)...) -> Value {
        .object(Object(sortedUnique: members.map { Object.Member(key: $0.key, value: $0.value) }))
    }

    private var outcomeName: String {
        switch decision.outcome {
        case .delivered: "Delivered"
        case .rejected: "Rejected"
        case .dropped: "Dropped"
        case .unreachable: "Unreachable"
        case .leavesCluster: "LeavesCluster"
        case .answeredByNode: "AnsweredByNode"
        }
    }
}

extension Decision.Outcome {
    package var reason: Decision.Reason? {
        switch self {
        case .rejected(let reason), .dropped(let reason), .unreachable(let reason): reason
        default: nil
        }
    }
}
