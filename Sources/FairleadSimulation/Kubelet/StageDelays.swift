/// How long the stages of a pod's life take, in seconds. A plain pod is ready after `pull`.
package struct StageDelays: Sendable, Hashable {
    /// From acceptance until the image is there.
    package var pull = 0.1
    /// How long an init container runs.
    package var initRun = 0.1
    /// From a probe's initial delay to its first success.
    package var probe = 0.05
    /// From the request to stop until the containers have stopped; never more than the grace period.
    package var stop = 0.3
    /// From the failed pull to the back-off.
    package var imageFailure = 1.0
    /// The first back-off of pulls and restarts; it doubles up to `backOffLimit`.
    package var backOff = 10.0
    package var backOffLimit = 300.0
    /// How long the containers of a Job's pods run.
    package var jobRun = 1.0

    package init() {}
}
