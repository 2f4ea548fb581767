import Logging

/// Why connections and requests were refused or given up, logged once per tick and cause, with a count: a flood of bad
/// requests must not become a flood of log lines.
struct FaultNotes {
    enum Cause: String, CaseIterable {
        case tooManyConnections = "closed: the limit of open connections is reached"
        case tooManySessions = "refused with 429: the limit of sessions with pods is reached"
        case tooManyHeavyRequests = "refused with 429: too many requests that compute for long are under way"
        case tooManyInFlow = "refused with 429: a priority level has all the requests under way that it may"
        case bodyMemory = "refused with 429: the bodies of requests under way take all the memory that they may"
        case slowBody = "refused with 408: the body came too slowly"
        case slowReader = "closed: the client took nothing of its answer for too long"
        case cutOff = "cut off: a long answer was not out within its time"
        case outOfTime = "answered 504: the request was not done within its time"
        case tooManyHandshakes = "closed: too many TLS handshakes were not over, and this was the oldest"
        case handshake = "closed: the TLS handshake failed or took too long"
        case stranger = "refused with 403: the client belongs to another user of this machine"
        case malformed = "refused with 400: not an HTTP request"
        case refused = "refused before it was read: host, origin, size or version"
    }

    private var counts: [Cause: Int] = [:]

    mutating func add(_ cause: Cause) { counts[cause, default: 0] += 1 }

    mutating func flush(to logger: Logger) {
        guard !counts.isEmpty else { return }
        for cause in Cause.allCases {
            guard let count = counts[cause] else { continue }
            logger.notice("\(cause.rawValue)", metadata: ["count": "\(count)"])
        }
        counts = [:]
    }
}
