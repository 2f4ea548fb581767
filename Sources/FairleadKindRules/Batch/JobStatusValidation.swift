import FairleadRules
package import FairleadModel

/// What a Job's status may contain, and how it may change. Most rules apply only if the fields concerned have changed,
/// so that the rest of a status that breaks them can still be written.
///
/// Reference: ValidateJobStatusUpdate and getStatusValidationOptions of k8s.io/kubernetes `pkg/apis/batch/validation`
/// and `pkg/registry/batch/job`.
package struct JobStatusValidation {
    private let spec: Value
    private let new: Value
    private let old: Value
    private let path = FieldPath("status")

    package init(_ job: Value, old: Value) {
        spec = job["spec"] ?? .null
        new = job["status"] ?? .null
        self.old = old["status"] ?? .null
    }

    package func errors() -> [FieldError] {
        var errors: [FieldError] = []
        for field in ["active", "succeeded", "failed", "ready", "terminating"] {
            errors += FieldChecks.nonNegative(new[field], path.child(field))
        }
        return errors + uncounted() + ending() + finished() + indexes() + pods() + criteria() + transitions()
    }

    // MARK: What has changed

    private func has(_ condition: String) -> Bool { Self.has(condition, new) }

    private static func has(_ condition: String, _ status: Value) -> Bool {
        status.items("conditions").contains { $0.text("type") == condition && $0.text("status") == "True" }
    }

    private func changes(_ conditions: String...) -> Bool {
        conditions.contains { Self.has($0, new) != Self.has($0, old) }
    }

    private func differs(_ fields: String...) -> Bool { fields.contains { new[$0] != old[$0] } }
    private func countDiffers(_ field: String) -> Bool { new.number(field) != old.number(field) }

    private static func isFinished(_ status: Value) -> Bool { has("Complete", status) || has("Failed", status) }
    private var isFinished: Bool { Self.isFinished(new) }
    private var finishes: Bool { Self.isFinished(new) != Self.isFinished(old) }
    private var isIndexed: Bool { spec.text("completionMode") == "Indexed" }

    private func condition(_ detail: String) -> FieldError { .bare(path.child("conditions"), detail) }

    // MARK: The rules, in Kubernetes' order

    private func uncounted() -> [FieldError] {
        var errors: [FieldError] = []
        var seen: Set<String> = []
        for list in ["succeeded", "failed"] {
            for (index, uid) in (new["uncountedTerminatedPods"]?.strings(list) ?? []).enumerated() {
                let here = path.child("uncountedTerminatedPods", list).index(index)
                if uid.isEmpty {
                    errors.append(.invalid(here, "", "must not be empty"))
                } else if !seen.insert(uid).inserted {
                    errors.append(.duplicate(here, .string(uid)))
                }
            }
        }
        return errors
    }

    private func ending() -> [FieldError] {
        let time = new["completionTime"]
        let here = path.child("completionTime")
        let isComplete = has("Complete")
        var errors: [FieldError] = []
        if changes("Complete", "Failed"), isComplete, has("Failed") {
            errors.append(condition("cannot set Complete=True and Failed=true conditions"))
        }
        if changes("Complete", "FailureTarget"), isComplete, has("FailureTarget") {
            errors.append(condition("cannot set Complete=True and FailureTarget=true conditions"))
        }
        if changes("Complete") || differs("completionTime") {
            if let time, !isComplete {
                errors.append(
                    .invalid(here, time, "cannot set completionTime when there is no Complete=True condition"))
            } else if time == nil, isComplete {
                errors.append(.required(here, "completionTime is required for Complete jobs"))
            }
        }
        if differs("startTime", "completionTime"), let time, let end = Self.time(time),
            let start = Self.time(new["startTime"]), end < start
        {
            errors.append(.invalid(here, time, "completionTime cannot be set before startTime"))
        }
        if changes("Failed", "FailureTarget"), has("Failed"), !has("FailureTarget") {
            errors.append(condition("cannot set Failed=True condition without the FailureTarget=true condition"))
        }
        if changes("Complete", "SuccessCriteriaMet"), isComplete, !has("SuccessCriteriaMet") {
            errors.append(
                condition("cannot set Complete=True condition without the SuccessCriteriaMet=true condition"))
        }
        return errors
    }

    private static func time(_ value: Value?) -> Timestamp? { value?.string.flatMap { Timestamp(rfc3339: $0) } }

    private func finished() -> [FieldError] {
        guard isFinished else { return [] }
        var errors: [FieldError] = []
        if finishes || countDiffers("active"), new.number("active") > 0 {
            errors.append(
                .invalid(path.child("active"), .int(new.number("active")), "active>0 is invalid for finished job"))
        }
        if finishes || differs("startTime"), new["startTime"] == nil {
            errors.append(.required(path.child("startTime"), "startTime is required for finished job"))
        }
        if finishes || differs("uncountedTerminatedPods"), let pods = new["uncountedTerminatedPods"],
            !pods.items("succeeded").isEmpty || !pods.items("failed").isEmpty
        {
            errors.append(
                .invalid(
                    path.child("uncountedTerminatedPods"),
                    printed: InternalForm.text(of: pods, as: "UncountedTerminatedPods"),
                    "uncountedTerminatedPods needs to be empty for finished job"))
        }
        return errors
    }

    private func indexes() -> [FieldError] {
        let completions = spec["completions"]?.int
        let completed = new.text("completedIndexes")
        let failed = new["failedIndexes"]?.string
        let completedDiffer = completed != old.text("completedIndexes")
        let failedDiffer = differs("failedIndexes")
        var errors: [FieldError] = []
        func check(_ text: String, _ field: String) {
            guard let completions else { return }
            do {
                _ = try IndexIntervals.count(of: text, below: completions)
            } catch {
                errors.append(
                    .invalid(path.child(field), .string(text), "error parsing \(field): \(error.message)"))
            }
        }
        if completedDiffer { check(completed, "completedIndexes") }
        if failedDiffer, spec["backoffLimitPerIndex"] != nil, let failed { check(failed, "failedIndexes") }
        if completedDiffer, !completed.isEmpty, !isIndexed {
            errors.append(
                .invalid(
                    path.child("completedIndexes"), .string(completed),
                    "cannot set non-empty completedIndexes when non-indexed completion mode"))
        }
        guard let failed else { return errors }
        if failedDiffer, spec["backoffLimitPerIndex"] == nil {
            errors.append(
                .invalid(
                    path.child("failedIndexes"), .string(failed),
                    "cannot set non-null failedIndexes when backoffLimitPerIndex is null"))
        }
        if failedDiffer || completedDiffer, let completions,
            let index = Self.overlap(completed, failed, below: completions)
        {
            errors.append(
                .invalid(
                    path.child("failedIndexes"), .string(failed),
                    "failedIndexes and completedIndexes overlap at index: \(index)"))
        }
        return errors
    }

    /// The first index that is in both lists, whose parts are sorted; invalid parts are skipped.
    private static func overlap(_ completed: String, _ failed: String, below limit: Int64) -> Int64? {
        func intervals(_ text: String) -> [ClosedRange<Int64>] {
            // They are reported where the lists themselves are validated.
            text.split(separator: ",").compactMap { try? IndexIntervals.interval($0, below: limit) }
        }
        var left = intervals(completed)[...]
        var right = intervals(failed)[...]
        while let first = left.first, let second = right.first {
            if first.overlaps(second) { return max(first.lowerBound, second.lowerBound) }
            if first.lowerBound <= second.lowerBound { left.removeFirst() } else { right.removeFirst() }
        }
        return nil
    }

    private func pods() -> [FieldError] {
        var errors: [FieldError] = []
        if finishes || differs("terminating"), isFinished, new.number("terminating") > 0 {
            errors.append(
                .invalid(
                    path.child("terminating"), .int(new.number("terminating")),
                    "terminating>0 is invalid for finished job"))
        }
        if differs("ready") || countDiffers("active"), let ready = new["ready"]?.int, ready > new.number("active") {
            errors.append(.invalid(path.child("ready"), .int(ready), "cannot set more ready pods than active"))
        }
        return errors
    }

    private func criteria() -> [FieldError] {
        var errors: [FieldError] = []
        if has("SuccessCriteriaMet") {
            for (type, name) in [("Failed", "Failed"), ("FailureTarget", "FailureTarget")] where has(type) {
                errors.append(condition("cannot set SuccessCriteriaMet=True and \(name)=true conditions"))
            }
        } else if spec["successPolicy"] != nil, has("Complete") {
            errors.append(
                condition("cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True"))
        }
        return errors
    }

    private func transitions() -> [FieldError] {
        var errors: [FieldError] = []
        for type in ["Failed", "Complete", "FailureTarget"] where Self.has(type, old) && !has(type) {
            errors.append(condition("cannot disable the terminal \(type)=True condition"))
        }
        let isElastic = isIndexed && spec["completions"] == spec["parallelism"]
        for field in ["failed", "succeeded"] where !(field == "succeeded" && isElastic) {
            guard new.number(field) < old.number(field) else { continue }
            errors.append(
                .invalid(path.child(field), .int(new.number(field)), "cannot decrease the \(field) counter"))
        }
        if let time = new["completionTime"], let before = old["completionTime"], time != before {
            errors.append(.invalid(path.child("completionTime"), time, "completionTime cannot be mutated"))
        }
        if old["startTime"] != nil, differs("startTime"), !spec.flag("suspend") {
            errors.append(.required(path.child("startTime"), "startTime cannot be removed for unsuspended job"))
        }
        if Self.has("SuccessCriteriaMet", old), !has("SuccessCriteriaMet") {
            errors.append(condition("cannot disable the SuccessCriteriaMet=True condition"))
        }
        if Self.has("Complete", old), !Self.has("SuccessCriteriaMet", old), has("SuccessCriteriaMet") {
            errors.append(
                condition("cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions"))
        }
        return errors
    }
}
