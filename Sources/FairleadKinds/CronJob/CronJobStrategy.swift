import FairleadModel
import FairleadKindRules
import FairleadRules

/// The rules of CronJobs. Reference: k8s.io/kubernetes `pkg/registry/batch/cronjob/strategy.go`.
struct CronJobStrategy: ResourceStrategy {
    private static let longestName = 52

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
            // Only the defaults of a Job's parts apply to a job template.
            template.change("spec", JobStrategy.setTemplateDefaults)
        }
        object["spec"] = spec
    }

    func prepareForCreate(_ object: inout Value, _ context: StrategyContext) {
        object["status"] = .object(Object())
    }

    func validate(_ object: Value, _ context: StrategyContext) -> [FieldError] {
        var errors = CronJobValidation(JobStrategy.validation(context)).errors(of: object["spec"] ?? .null, old: nil)
        // The controller appends eleven characters to the names of its jobs.
        if object.name.utf8.count > Self.longestName {
            errors.append(
                .invalid(
                    FieldPath("metadata", "name"), .string(object.name),
                    "must be no more than \(Self.longestName) characters"))
        }
        return errors
    }

    func validateUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        CronJobValidation(JobStrategy.validation(context)).errors(
            of: object["spec"] ?? .null, old: old["spec"] ?? .null)
    }

    func warnings(for object: Value, old: Value?) -> [String] {
        let path = FieldPath("spec", "jobTemplate", "spec")
        var warnings: [String] = []
        if old == nil { warnings += PodWarnings.ofName(object.name, usedIn: "Pod names and hostnames") }
        if old == nil || old?["spec"] != object["spec"] {
            warnings += JobStrategy.warnings(ofSpec: object.at("spec", "jobTemplate", "spec") ?? .null, path)
        }
        if old != nil, object.at("spec", "schedule")?.string?.contains("TZ") == true {
            warnings.append(
                "cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see "
                    + "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details")
        }
        return warnings
    }

    let generationFields = ["spec"]
}
