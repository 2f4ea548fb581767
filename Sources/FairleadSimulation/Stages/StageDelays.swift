/// How long the stages of a pod's life take. A plain pod is ready after `pull`.
package struct StageDelays: Sendable, Hashable {
    /// From acceptance of the pod until its images have been pulled.
    package var pull = Duration.milliseconds(100)
    /// How long an init container runs.
    package var initRun = Duration.milliseconds(100)
    /// From a probe's initial delay to its first success.
    package var probe = Duration.milliseconds(50)
    /// From the request to stop until the containers have stopped; never more than the grace period.
    package var stop = Duration.milliseconds(300)
    /// From a failed pull to the backoff.
    package var imageFailure = Duration.seconds(1)
    /// The first backoff of pulls and restarts; it doubles up to `backOffLimit`.
    package var backOff = Duration.seconds(10)
    package var backOffLimit = Duration.seconds(300)
    /// How long the containers of a Job's pods run.
    package var jobRun = Duration.seconds(1)

    package init() {}

    /// - Parameter step: a wait that a stage has another length for.
    subscript(step: Stage.Step) -> Duration {
        get {
            switch step {
            case .imagesPulled: pull
            case .initContainerEnded: initRun
            case .stopped: stop
            case .failureNoted: imageFailure
            case .backOffEnded: backOff
            case .jobEnded: jobRun
            }
        }
        set {
            switch step {
            case .imagesPulled: pull = newValue
            case .initContainerEnded: initRun = newValue
            case .stopped: stop = newValue
            case .failureNoted: imageFailure = newValue
            case .backOffEnded: backOff = newValue
            case .jobEnded: jobRun = newValue
            }
        }
    }
}
