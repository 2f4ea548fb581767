package import FairleadClient
package import FairleadControllers
import FairleadModel

/// Deletes finished Jobs, with their pods, `ttlSecondsAfterFinished` after they finished.
package enum FinishedJobController {
    package static let descriptor = ControllerDescriptor(
        "ttl-after-finished-controller", alias: "ttl-after-finished", workers: 5
    ) { (setup: ControllerSetup<ObjectName>, _: ControllerSettings) in
        let jobs = setup.watch(JobController.jobs) { change in
            change.new.map { expiry(of: $0.value) == nil ? [] : [change.name] } ?? []
        }
        let lister = jobs.lister
        let client = setup.client
        let now = setup.now
        return { key in
            guard let job = lister.get(key)?.value, job.deletionTimestamp == nil, let expiry = expiry(of: job) else {
                return .done
            }
            let rest = expiry.duration(since: now())
            if rest > .zero { return .again(after: rest) }
            try await ignoringNotFound(
                orChanged: true,
                await client.delete(
                    JobController.jobs, namespace: key.namespace, name: key.name,
                    options: DeleteOptions(uid: job.uid, propagationPolicy: "Foreground")))
            return .done
        }
    }

    /// When the Job may be deleted; nil if it is still running or has no TTL.
    private static func expiry(of job: Value) -> Timestamp? {
        guard let seconds = job.at("spec", "ttlSecondsAfterFinished")?.int else { return nil }
        let end = job.items("status", "conditions").first {
            ["Complete", "Failed"].contains($0.text("type")) && $0.text("status") == "True"
        }
        return Timestamp(rfc3339: end?.text("lastTransitionTime") ?? "")?.adding(seconds: Double(seconds))
    }
}
