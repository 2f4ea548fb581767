import FairleadControllers
import FairleadModel

/// The pods that a Job creates.
struct JobPodTemplate {
    /// The longest `generateName` prefix.
    private static let longestPrefix = 58

    private let job: Value
    private let base: Value

    init(_ job: Value) {
        self.job = job
        var pod = PodFactory.pod(
            from: job.at("spec", "template") ?? .object(Object()), owner: job, kind: "Job", apiVersion: "batch/v1")
        pod.finalizers = pod.finalizers.filter { $0 != JobPod.finalizer } + [JobPod.finalizer]
        base = pod
    }

    /// A pod without an index.
    func pod() -> Value { base }

    /// The pod of an index.
    /// - Parameters:
    ///   - replaced: the failed pod of the index.
    ///   - rules: which failures count; nil without `backoffLimitPerIndex`.
    func pod(index: Int64, replacing replaced: JobPod?, _ rules: PodFailureRules?) -> Value {
        var pod = base
        let suffix = "-\(index)-"
        let name = String(decoding: job.name.utf8.prefix(Self.longestPrefix -| suffix.utf8.count), as: UTF8.self)
        pod.generateName = name + suffix
        pod.annotations[JobPod.index] = "\(index)"
        pod.labels[JobPod.index] = "\(index)"
        if let rules {
            var failures = replaced?.earlierFailures ?? 0
            var ignored = replaced?.earlierIgnoredFailures ?? 0
            if let replaced {
                if rules.match(replaced.value).counts { failures = failures +| 1 } else { ignored = ignored +| 1 }
            }
            pod.annotations[JobPod.failureCount] = "\(failures)"
            if ignored > 0 { pod.annotations[JobPod.ignoredFailureCount] = "\(ignored)" }
        }
        pod.set(.string("\(job.name)-\(index)"), at: "spec", "hostname")
        for list in ["initContainers", "containers"] {
            guard let containers = pod.at("spec", list)?.array else { continue }
            pod.set(.array(containers.map(Self.addIndex)), at: "spec", list)
        }
        return pod
    }

    private static func addIndex(to container: Value) -> Value {
        let name = "JOB_COMPLETION_INDEX"
        let variables = container.items("env")
        if variables.contains(where: { $0["name"]?.string == name }) { return container }
        var result = container
        result["env"] = .array(
            variables + [
                [
                    "name": .string(name),
                    "valueFrom": ["fieldRef": ["fieldPath": .string("metadata.labels['\(JobPod.index)']")]],
                ]
            ])
        return result
    }
}
