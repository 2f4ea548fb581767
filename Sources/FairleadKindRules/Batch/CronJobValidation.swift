import FairleadRules
package import FairleadModel

/// All field errors of a CronJob's spec, in Kubernetes' order.
///
/// Reference: k8s.io/kubernetes `pkg/apis/batch/validation/validation.go`.
package struct CronJobValidation {
    let jobs: JobSpecValidation

    package init(_ jobs: JobSpecValidation) { self.jobs = jobs }

    /// - Parameter old: the previous spec; nil for a new CronJob.
    package func errors(of spec: Value, old: Value?) -> [FieldError] {
        let path = FieldPath("spec")
        var errors = schedule(spec, old: old, path.child("schedule"))
        errors += FieldChecks.nonNegative(spec["startingDeadlineSeconds"], path.child("startingDeadlineSeconds"))
        if old == nil || old?["timeZone"] != spec["timeZone"], let zone = spec["timeZone"]?.string {
            errors += Self.timeZone(zone, path.child("timeZone"))
        }
        let policy = spec.text("concurrencyPolicy")
        let policyPath = path.child("concurrencyPolicy")
        errors +=
            policy.isEmpty
            ? [.required(policyPath)] : FieldChecks.oneOf(policy, ["Allow", "Forbid", "Replace"], policyPath)
        errors += template(spec.at("jobTemplate", "spec") ?? .null, path.child("jobTemplate", "spec"))
        for field in ["successfulJobsHistoryLimit", "failedJobsHistoryLimit"] {
            errors += FieldChecks.nonNegative(spec[field], path.child(field))
        }
        return errors
    }

    private func schedule(_ spec: Value, old: Value?, _ path: FieldPath) -> [FieldError] {
        let schedule = spec.text("schedule")
        if schedule.isEmpty { return [.required(path)] }
        var errors: [FieldError] = []
        do {
            _ = try CronSchedule(schedule)
        } catch {
            errors.append(.invalid(path, .string(schedule), error.message))
        }
        guard schedule.contains("TZ") else { return errors }
        // CronJobs that already have the zone in their schedule may keep it.
        if old?.text("schedule").contains("TZ") != true {
            errors.append(
                .invalid(
                    path, .string(schedule), "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"))
        } else if spec["timeZone"] != nil {
            errors.append(
                .invalid(
                    path, .string(schedule), "cannot use both timeZone field and TZ or CRON_TZ in schedule"))
        }
        return errors
    }

    private static func timeZone(_ name: String, _ path: FieldPath) -> [FieldError] {
        func invalid(_ detail: String) -> FieldError { .invalid(path, .string(name), detail) }
        if name.isEmpty { return [invalid("timeZone must be nil or non-empty string")] }
        let unknown = invalid("unknown time zone \(name)")
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.allSatisfy(isNamePart) else { return [unknown] }
        var errors: [FieldError] = []
        if name.lowercased() == "local" {
            errors.append(
                invalid(
                    "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones"))
        }
        // Go knows the local time zone by this name, spelled like this.
        if name != "Local", TimeZoneRules(named: name) == nil { errors.append(unknown) }
        return errors
    }

    private static func isNamePart(_ part: Substring) -> Bool {
        if part == "." || part == ".." || part.hasPrefix("-") || part.isEmpty || part.utf8.count > 14 { return false }
        return part.utf8.allSatisfy { byte in
            let letter = byte | 0x20
            return letter >= UInt8(ascii: "a") && letter <= UInt8(ascii: "z")
                || byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") || ".-_+".utf8.contains(byte)
        }
    }

    /// The spec of the Jobs to create; their selector is always generated.
    private func template(_ spec: Value, _ path: FieldPath) -> [FieldError] {
        var errors = jobs.errors(of: spec, path)
        if let selector = spec["selector"] {
            errors.append(
                .invalid(
                    path.child("selector"), printed: selector.selectorText, "`selector` will be auto-generated"))
        }
        if spec.flag("manualSelector") {
            errors.append(.notSupported(path.child("manualSelector"), true, inOrder: ["nil", "false"]))
        }
        return errors
    }
}
