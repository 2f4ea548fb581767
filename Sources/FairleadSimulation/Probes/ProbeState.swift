import FairleadModel

enum ProbeKind: String, Hashable, Sendable, CaseIterable {
    case startup = "Startup"
    case liveness = "Liveness"
    case readiness = "Readiness"

    /// The field of the container.
    var field: String {
        switch self {
        case .startup: "startupProbe"
        case .liveness: "livenessProbe"
        case .readiness: "readinessProbe"
        }
    }
}

struct ProbeKey: Hashable, Sendable {
    var container: String
    var kind: ProbeKind
}

/// How often, and how many times.
struct ProbeTiming: Hashable, Sendable {
    var initialDelay: Duration
    var period: Duration
    var timeout: Duration
    var successes: Int64
    var failures: Int64

    init(_ probe: Value) {
        func number(_ field: String, _ standard: Int64) -> Int64 {
            let value = probe[field]?.int ?? standard
            return value > 0 ? min(value, Int64(Int32.max)) : standard
        }
        initialDelay = .seconds(saturating: Double(max(0, probe["initialDelaySeconds"]?.int ?? 0)))
        period = .seconds(number("periodSeconds", 10))
        timeout = .seconds(number("timeoutSeconds", 1))
        successes = number("successThreshold", 1)
        failures = number("failureThreshold", 3)
    }
}

/// What a probe has said so far of one run of a container. Pure.
///
/// Reference: "Configure Liveness, Readiness and Startup Probes".
struct ProbeState: Hashable, Sendable {
    enum Outcome: Hashable, Sendable { case unknown, success, failure }

    /// The run that it is about.
    var restart: Int64
    /// When to ask next, on a monotonic clock; nil if there is no need to.
    var next: Duration?
    var isAsking = false
    private(set) var outcome: Outcome
    private var successes: Int64 = 0
    private var failures: Int64 = 0

    init(restart: Int64, next: Duration, outcome: Outcome) {
        self.restart = restart
        self.next = next
        self.outcome = outcome
    }

    /// Counts one answer.
    mutating func note(_ isSuccess: Bool, _ timing: ProbeTiming) {
        isAsking = false
        if isSuccess {
            failures = 0
            successes = successes +| 1
            if successes >= timing.successes { outcome = .success }
        } else {
            successes = 0
            failures = failures +| 1
            if failures >= timing.failures { outcome = .failure }
        }
    }
}
