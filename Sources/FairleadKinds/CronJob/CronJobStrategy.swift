import FairleadRules
import FairleadModel

/// The rules of CronJobs.
struct CronJobStrategy: ResourceStrategy {
    func setDefaults(_ object: inout Value) {
        var spec = object["spec"] ?? .object(Object())
        spec.setDefaultText("concurrencyPolicy", "Allow")
        spec.setDefault("suspend", false)
        spec.setDefault("successfulJobsHistoryLimit", 3)
        spec.setDefault("failedJobsHistoryLimit", 1)
        spec.setDefault("jobTemplate", .object(Object()))
        spec.change("jobTemplate") { template in
            template.setDefault("metadata", .object(Object()))
            template.setDefault("spec", .object(Object()))
            // Of a job's defaults only those of the pod template apply to one that is not made yet.
            template.change("spec", WorkloadRules.defaultTemplate)
        }
        object["spec"] = spec
    }

    func prepareForCreate(_ object: inout Value, _ context: StrategyContext) {
        object["status"] = .object(Object())
    }

    func validate(_ object: Value, _ context: StrategyContext) -> [FieldError] {
        let spec = object["spec"] ?? .null
        let path = FieldPath("spec")
        var errors: [FieldError] = []
        if spec.text("schedule").isEmpty { errors.append(.required(path.child("schedule"))) }
        errors += WorkloadRules.nonNegative(object, "spec", ["startingDeadlineSeconds"])
        let policy = spec.text("concurrencyPolicy")
        errors += FieldChecks.oneOf(policy, ["Allow", "Forbid", "Replace"], path.child("concurrencyPolicy"))
        errors += WorkloadRules.nonNegative(
            object, "spec", ["successfulJobsHistoryLimit", "failedJobsHistoryLimit"])
        var job = spec.at("jobTemplate", "spec") ?? .null
        job.setDefault("completionMode", "NonIndexed")
        return errors + JobStrategy.errors(of: job, path.child("jobTemplate", "spec"), context)
    }

    func nameErrors(_ name: String, isPrefix: Bool) -> [String] {
        var errors = NameRules.dns1123Subdomain(isPrefix ? name.maskingTrailingDash : name)
        // The controller appends eleven characters to the names of the jobs.
        if name.utf8.count > 52 { errors.append("must be no more than 52 characters") }
        return errors
    }

    let generationFields = ["spec"]
}
