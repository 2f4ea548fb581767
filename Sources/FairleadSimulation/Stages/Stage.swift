import FairleadModel
import FairleadPrograms

/// One stage of the life of pods, as a file describes it: for which pods, after which time, and what changes then.
struct Stage: Hashable, Sendable {
    /// The waits of the built-in life that a stage can have another length for.
    enum Step: String, CaseIterable, Sendable {
        /// From acceptance of the pod until its images have been pulled.
        case imagesPulled = "ImagesPulled"
        /// How long an init container runs that has no program.
        case initContainerEnded = "InitContainerEnded"
        /// From the request to stop until the last trace of the containers has gone.
        case stopped = "Stopped"
        /// From a failed pull, or a start that was refused, to the back-off or the next attempt.
        case failureNoted = "FailureNoted"
        /// The first back-off of pulls and restarts.
        case backOffEnded = "BackOffEnded"
        /// How long containers without a program run in pods of Jobs.
        case jobEnded = "JobEnded"
    }

    /// Between two times, by chance; either can come from a field of the pod.
    struct Delay: Hashable, Sendable {
        var least = Duration.zero
        /// nil for exactly `least`.
        var most: Duration?
        var leastFrom: StagePath?
        var mostFrom: StagePath?

        /// - Parameter chance: from 0 to 1.
        func length(for pod: Value, chance: Double) -> Duration {
            func read(_ path: StagePath?) -> Duration? {
                // What is no duration counts as absent: the pod's owner has written it.
                path?.values(in: pod).first?.string.flatMap { try? GoDuration.parse($0) }.map { max($0, .zero) }
            }
            let least = min(read(leastFrom) ?? least, Self.longest)
            guard let most = read(mostFrom) ?? most, most > least else { return least }
            let span = (min(most, Self.longest) - least) / .seconds(1)
            return least + .seconds(saturating: span * chance)
        }

        /// No wait is longer than a year.
        static let longest = Duration.seconds(31_536_000)
        static let longestMilliseconds = 31_536_000_000
    }

    /// The end of a pod's life, whatever its containers do.
    struct End: Hashable, Sendable {
        var hasSucceeded: Bool
        var reason: String?
        var message: String?

        var phase: String { hasSucceeded ? "Succeeded" : "Failed" }
    }

    struct Condition: Hashable, Sendable {
        var type: String
        var status: String
        var reason: String?
        var message: String?
    }

    /// The end of runs of containers.
    struct Exit: Hashable, Sendable {
        /// With `*` for any text.
        var container = "*"
        var code: Int64 = 0
        var reason: String?
        var message: String?
    }

    /// What a stage changes, when its time has come.
    struct Change: Hashable, Sendable {
        var end: End?
        /// Held until the pod comes to another stage.
        var conditions: [Condition] = []
        /// Whether probes find the containers ready; nil for what they find. Held, too.
        var isReady: Bool?
        var exit: Exit?
        var event: Event?
        var deletes = false
    }

    struct Event: Hashable, Sendable {
        var type = "Normal"
        var reason: String
        var message: String
    }

    var name: String
    var selector = StageSelector()
    /// How often it is chosen among those that match, in comparison.
    var weight = 1
    /// How likely it is that the stage is one for a pod at all.
    var probability = 1.0
    var delay = Delay()
    /// The wait of the built-in life that the delay replaces; nil for a stage that changes something itself.
    var step: Step?
    var change = Change()

    /// The pod condition that says in which stage a pod is.
    static let conditionType = "fairlead.dev/Stage"
}
