package import FairleadModel

extension ServiceExplanation {
    /// For people: the facts, then the causes, each with the object to change and the commands to type.
    package var text: String {
        var lines = ["\(service.description) (\(type))"]
        lines.append("  Selector:   \(selector.isEmpty ? "<none>" : selector)")
        lines.append("  Ports:      \(ports.isEmpty ? "<none>" : ports.joined(separator: ", "))")
        let counts = endpoints.map {
            "\($0.family): \($0.ready) ready, \($0.notReady) not ready, \($0.terminating) terminating"
        }
        lines.append("  Endpoints:  \(counts.isEmpty ? "<none>" : counts.joined(separator: "; "))")
        lines.append("")
        if findings.isEmpty { lines.append("Nothing is wrong.") }
        for (index, finding) in findings.enumerated() {
            if index > 0 { lines.append("") }
            lines.append("\(finding.cause.severity.rawValue): \(finding.cause.rawValue)")
            lines.append("  \(finding.message)")
            lines += finding.details.map { "  - \($0)" }
            if !finding.commands.isEmpty { lines.append("  To change:  \(finding.object.description)") }
            for (index, command) in finding.commands.enumerated() {
                lines.append((index == 0 ? "  Try:        " : "              ") + command)
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// For programs: the same as a tree.
    package var json: Value {
        let counts = endpoints.map { count -> Value in
            [
                "family": .string(count.family), "ready": .int(Int64(count.ready)),
                "notReady": .int(Int64(count.notReady)), "terminating": .int(Int64(count.terminating)),
            ]
        }
        let causes = findings.map { finding -> Value in
            [
                "cause": .string(finding.cause.rawValue), "severity": .string(finding.cause.severity.rawValue),
                "message": .string(finding.message), "details": .array(finding.details.map { .string($0) }),
                "object": finding.object.json, "commands": .array(finding.commands.map { .string($0) }),
            ]
        }
        return [
            "kind": "ServiceExplanation", "apiVersion": "fairlead.dev/v1", "service": service.json,
            "type": .string(type), "selector": .string(selector), "ports": .array(ports.map { .string($0) }),
            "endpoints": .array(counts), "findings": .array(causes),
        ]
    }
}

extension ServiceExplanation.Subject {
    var json: Value {
        var object: Object = ["kind": .string(kind), "name": .string(name)]
        if !namespace.isEmpty { object["namespace"] = .string(namespace) }
        return .object(object)
    }
}
