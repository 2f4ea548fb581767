package import FairleadModel

/// What controllers ask about a pod's life.
///
/// Reference: "Pod Lifecycle" (kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle).
extension PodView {
    /// Counts as a replica: neither finished nor terminating.
    package var isActive: Bool { !isFinished && !isTerminating }

    package var readySince: Timestamp? {
        guard isReady, let text = condition("Ready")?["lastTransitionTime"]?.string else { return nil }
        return Timestamp(rfc3339: text)
    }

    /// Ready for at least `minReadySeconds`. A Ready condition without a transition time counts only if there is no
    /// wait.
    func isAvailable(minReadySeconds: Int64, now: Timestamp) -> Bool {
        guard isReady else { return false }
        if minReadySeconds == 0 { return true }
        guard let since = readySince else { return false }
        return now.remaining(of: .seconds(saturating: Double(minReadySeconds)), since: since) == .zero
    }

    /// How long until a ready pod becomes available, or nil if it is not ready, already available, or never will be.
    func timeToAvailability(minReadySeconds: Int64, now: Timestamp) -> Duration? {
        guard isReady, minReadySeconds > 0, let since = readySince else { return nil }
        let wait = now.remaining(of: .seconds(saturating: Double(minReadySeconds)), since: since)
        return wait > .zero ? wait : nil
    }

    /// The highest restart count among its containers.
    package var restarts: Int64 {
        let statuses = value.items("status", "containerStatuses") + value.items("status", "initContainerStatuses")
        return statuses.compactMap { $0["restartCount"]?.int }.max() ?? 0
    }
}
