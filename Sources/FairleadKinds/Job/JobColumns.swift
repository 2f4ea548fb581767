import FairleadModel

extension TablePrinter {
    static let jobs = TablePrinter([
        .name, TableColumn("Status", "Status of the job"), TableColumn("Completions"),
        TableColumn("Duration", "Time required to complete the job."), .age, .containers, .images, .selector,
    ]) { subject in
        [
            subject.name, .string(jobStatus(subject)), .string(jobCompletions(subject)),
            .string(jobDuration(subject)), subject.age,
        ] + subject.containers("spec", "template", "spec") + [subject.selector("spec", "selector")]
    }

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
}
