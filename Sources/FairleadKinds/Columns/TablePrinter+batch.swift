import FairleadModel

extension TablePrinter {
    /// Jobs and autoscalers.
    static let batch: [GroupResource: TablePrinter] = [
        GroupResource(group: "batch", resource: "jobs"): TablePrinter([
            .name, TableColumn("Status", "Status of the job"), TableColumn("Completions"),
            TableColumn("Duration", "Time required to complete the job."), .age, .containers, .images, selectorColumn,
        ]) { subject in
            [
                subject.name, .string(jobStatus(subject)), .string(jobCompletions(subject)),
                .string(jobDuration(subject)), subject.age,
            ] + subject.containers("spec", "template", "spec") + [subject.selector("spec", "selector")]
        },
        GroupResource(group: "batch", resource: "cronjobs"): TablePrinter([
            .name, TableColumn("Schedule"), TableColumn("Timezone"), TableColumn("Suspend", type: "boolean"),
            .integer("Active"), TableColumn("Last Schedule"), .age, .containers, .images, selectorColumn,
        ]) { subject in
            let suspend = subject["spec", "suspend"]?.bool.map { $0 ? "True" : "False" } ?? "<unset>"
            let last = subject["status", "lastScheduleTime"].map { subject.age(of: $0) } ?? "<none>"
            return [
                subject.name, subject.text("spec", "schedule"), subject.text("spec", "timeZone", or: "<none>"),
                .string(suspend), .int(Int64(subject["status", "active"]?.array?.count ?? 0)), .string(last),
                subject.age,
            ] + subject.containers("spec", "jobTemplate", "spec", "template", "spec")
                + [subject.selector("spec", "jobTemplate", "spec", "selector")]
        },
        GroupResource(group: "autoscaling", resource: "horizontalpodautoscalers"): TablePrinter([
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
        },
    ]

    private static func jobStatus(_ subject: TableSubject) -> String {
        func has(_ type: String) -> Bool {
            subject["status", "conditions"]?.array?.contains {
                $0["type"]?.string == type && $0["status"]?.string == "True"
            } ?? false
        }
        if has("Complete") { return "Complete" }
        if has("Failed") { return "Failed" }
        if subject.object.deletionTimestamp != nil { return "Terminating" }
        return ["Suspended", "FailureTarget", "SuccessCriteriaMet"].first(where: has) ?? "Running"
    }

    private static func jobCompletions(_ subject: TableSubject) -> String {
        let succeeded = subject.count("status", "succeeded")
        if let completions = subject["spec", "completions"]?.int { return "\(succeeded)/\(completions)" }
        let parallelism = subject.count("spec", "parallelism")
        return parallelism > 1 ? "\(succeeded)/1 of \(parallelism)" : "\(succeeded)/1"
    }

    private static func jobDuration(_ subject: TableSubject) -> String {
        guard let start = subject["status", "startTime"]?.string.flatMap({ Timestamp(rfc3339: $0) }) else { return "" }
        let end = subject["status", "completionTime"]?.string.flatMap { Timestamp(rfc3339: $0) } ?? subject.now
        return HumanDuration.text(end.since(start))
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
