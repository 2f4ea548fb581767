import FairleadModel
import FairleadPrograms

extension ContainerMachine {
    /// Why the image cannot be had; nil if it can.
    var pullFailure: PullFailure? {
        let hasCredentials = !pod.items("spec", "imagePullSecrets").isEmpty
        let failure =
            runtime.map { $0.images.pullFailure(of: image, hasCredentials: hasCredentials) }
            ?? ImagePull.failure(of: image, hasCredentials: hasCredentials)
        guard let failure, failure.isRetried, spec.text("imagePullPolicy") == "Never" else { return failure }
        return ImagePull.neverPulled(image)
    }

    /// Pulling an image that is already on the machine is not announced.
    func announcePull(_ memory: inout PodMemory, _ step: inout PodStep) {
        let failure = pullFailure
        guard failure?.isRetried ?? (spec.text("imagePullPolicy") == "Always") else { return }
        if memory.told.insert("pulling \(name)").inserted {
            record(&step, "Pulling", "Pulling image \(image.goQuoted)")
        }
    }

    /// The next status of a container whose image cannot be had; nil if it can.
    func failImage(
        _ status: Value, _ reason: String, _ failures: Int64, _ memory: inout PodMemory, _ step: inout PodStep
    ) -> Value? {
        guard let failure = pullFailure else { return nil }
        if failure.isRetried { return failPull(status, reason, failures, failure, &memory, &step) }
        // Only another image helps.
        if memory.told.insert("\(failure.reason) \(name) \(image)").inserted {
            record(&step, failure.event.reason, failure.event.message, type: "Warning")
            record(&step, "Failed", "Error: \(failure.reason)", type: "Warning")
        }
        step.look(after: delays.backOff)
        return waiting(failure.reason, message: failure.message, old: status)
    }

    private func failPull(
        _ status: Value, _ reason: String, _ failures: Int64, _ failure: PullFailure, _ memory: inout PodMemory,
        _ step: inout PodStep
    ) -> Value {
        if reason == "ErrImagePull" {
            let message = "Back-off pulling image \(image.goQuoted)"
            record(&step, "BackOff", message)
            record(&step, "Failed", "Error: ImagePullBackOff", type: "Warning")
            enter("ImagePullBackOff", &memory)
            step.look(after: backOff(failures))
            return waiting("ImagePullBackOff", message: failure.backOffMessage(image: image), old: status)
        }
        if reason == "ImagePullBackOff" { record(&step, "Pulling", "Pulling image \(image.goQuoted)") }
        memory.failedPulls[name] = failures +| 1
        record(&step, failure.event.reason, failure.event.message, type: "Warning")
        record(&step, "Failed", "Error: ErrImagePull", type: "Warning")
        enter("ErrImagePull", &memory)
        step.look(after: delays.imageFailure)
        return waiting("ErrImagePull", message: failure.message, old: status)
    }

    func recordPulled(_ step: inout PodStep) {
        let present = "Container image \(image.goQuoted) already present on machine and can be accessed by the pod"
        record(&step, "Pulled", spec.text("imagePullPolicy") == "Always" ? pulledMessage : present)
    }

    private var pulledMessage: String {
        let milliseconds = Int(saturating: delays.pull / .milliseconds(1))
        let size = 20_000_000 + StableIdentifier.hash(image, seed: 3) % 180_000_000
        return "Successfully pulled image \(image.goQuoted) in \(milliseconds)ms (\(milliseconds)ms including waiting)."
            + " Image size: \(size) bytes."
    }
}
