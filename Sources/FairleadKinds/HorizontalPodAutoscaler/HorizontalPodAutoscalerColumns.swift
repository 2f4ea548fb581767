import FairleadModel

extension TablePrinter {
    static let horizontalPodAutoscalers = TablePrinter([
        .name, TableColumn("Reference"), TableColumn("Targets"), TableColumn("MinPods"), TableColumn("MaxPods"),
        TableColumn("Replicas"), .age,
    ]) { subject in
        let target = subject["spec", "scaleTargetRef"] ?? .null
        let minimum = subject["spec", "minReplicas"]?.int.map { String($0) } ?? "<unset>"
        return [
            subject.name, .string("\(target.kind)/\(target["name"]?.string ?? "")"),
            .string(autoscalerTargets(subject)), .string(minimum), subject.number("spec", "maxReplicas"),
            subject.number("status", "currentReplicas"), subject.age,
        ]
    }

    /// `cpu: 12%/50%`: the current value and the target of the first two metrics.
    private static func autoscalerTargets(_ subject: TableSubject) -> String {
        let specs = subject["spec", "metrics"]?.array ?? []
        if specs.isEmpty { return "<none>" }
        let statuses = subject["status", "currentMetrics"]?.array ?? []
        let texts = specs.enumerated().map { index, spec in
            metricText(spec, index < statuses.count ? statuses[index] : nil)
        }
        let shown = texts.prefix(2).joined(separator: ", ")
        return texts.count > 2 ? "\(shown) + \(texts.count - 2) more..." : shown
    }

    private static func metricText(_ spec: Value, _ status: Value?) -> String {
        let type = spec["type"]?.string ?? ""
        let field = type.isEmpty ? type : type.prefix(1).lowercased() + String(type.dropFirst())
        guard let source = spec[field], let target = source["target"] else { return "<unknown type>" }
        let current = status?[field]?["current"]
        let prefix: String
        switch type {
        case "Resource", "ContainerResource": prefix = (source["name"]?.string ?? "") + ": "
        default: prefix = ""
        }
        if let utilization = target["averageUtilization"]?.int {
            let now = current?["averageUtilization"]?.int.map { "\($0)%" } ?? "<unknown>"
            return "\(prefix)\(now)/\(utilization)%"
        }
        if let average = target["averageValue"]?.string {
            let suffix = type == "External" || type == "Object" ? " (avg)" : ""
            return "\(prefix)\(current?["averageValue"]?.string ?? "<unknown>")/\(average)\(suffix)"
        }
        return "\(prefix)\(current?["value"]?.string ?? "<unknown>")/\(target["value"]?.string ?? "<auto>")"
    }
}
