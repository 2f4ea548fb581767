package import FairleadModel

extension RouteReport {
    /// For people, to be read from top to bottom.
    package var text: String {
        var lines: [String] = []
        var place = ""
        for step in steps {
            if step.place != place {
                lines.append(step.place)
                place = step.place
            }
            lines.append("  \(step.text)")
            lines += step.facts.map { "      \($0.object): \($0.field) = \($0.value)" }
        }
        if !candidates.isEmpty {
            lines += ["", "Endpoints"]
            lines += candidates.map { candidate in
                let what = [candidate.endpoint, candidate.node, candidate.pod].filter { !$0.isEmpty }
                return "  \(candidate.isChosen ? "*" : " ") \(what.joined(separator: "  "))  \(candidate.text)"
            }
        }
        if !back.isEmpty { lines += ["", "The way back"] + back.map { "  \($0)" } }
        return lines.joined(separator: "\n") + "\n"
    }

    /// For programs.
    package var json: Value {
        let steps = steps.map { step -> Value in
            let facts = step.facts.map { fact -> Value in
                ["object": .string(fact.object), "field": .string(fact.field), "value": .string(fact.value)]
            }
            return [
                "place": .string(step.place), "rule": .string(step.rule), "text": .string(step.text),
                "facts": .array(facts),
            ]
        }
        let candidates = candidates.map { candidate -> Value in
            [
                "endpoint": .string(candidate.endpoint), "node": .string(candidate.node),
                "pod": .string(candidate.pod), "share": .double(candidate.share),
                "exclusion": .string(candidate.exclusion), "chosen": .bool(candidate.isChosen),
            ]
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
