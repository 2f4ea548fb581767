import Logging
import NIOCore
import NIOHTTP1

/// Logs requests: every one at debug level; at warning level those that took more than a second and those that failed
/// on our side (5xx). Belongs to one event loop.
///
/// A flood of failures does not flood the log: beyond some lines per second they are only counted, and the next line
/// says how many were left out.
final class RequestLog {
    private let logger: Logger
    /// Whether every request is logged.
    let isVerbose: Bool
    private let warns: Bool
    private var windowEnd = NIODeadline.uptimeNanoseconds(0)
    private var linesInWindow = 0
    private var leftOut = 0

    static let slow = TimeAmount.seconds(1)
    private static let linesPerSecond = 20

    init(_ logger: Logger) {
        self.logger = logger
        isVerbose = logger.logLevel <= .debug
        warns = logger.logLevel <= .warning
    }

    /// Logs a finished request from what its note remembers.
    func write(_ note: RequestNote, at now: NIODeadline) {
        let duration = now - note.began
        let isSlow = duration > Self.slow && !note.isStream
        // An HTTP version that is not supported is not our fault.
        let isBad = note.status >= 500 && note.status != 505
        guard isVerbose || (warns && (isSlow || isBad)) else { return }
        if !isVerbose, !mayWarn(at: now) { return }
        var metadata = note.metadata
        metadata["duration"] = .string(duration.text)
        if leftOut > 0 {
            metadata["leftOut"] = .stringConvertible(leftOut)
            leftOut = 0
        }
        let level: Logger.Level = isSlow || isBad ? .warning : .debug
        logger.log(level: level, isBad ? "request failed" : isSlow ? "slow request" : "request", metadata: metadata)
    }

    private func mayWarn(at now: NIODeadline) -> Bool {
        if now >= windowEnd {
            windowEnd = now + .seconds(1)
            linesInWindow = 0
        }
        linesInWindow += 1
        if linesInWindow <= Self.linesPerSecond { return true }
        leftOut += 1
        return false
    }
}

extension Connection {
    /// The request is finished, whatever its outcome.
    func requestIsOver() {
        loop.counters.requestsInFlight.wrappingSubtract(1, ordering: .relaxed)
        if note.isMutating { loop.counters.mutatingInFlight.wrappingSubtract(1, ordering: .relaxed) }
        let now = NIODeadline.now()
        var finished = RequestNote()
        swap(&finished, &note)
        loop.requestLog.write(finished, at: now)
        loop.count(finished, in: series, at: now)
        series = nil
    }
}

/// What is remembered of a request until it is logged; nothing is formatted before that.
struct RequestNote {
    private(set) var began = NIODeadline.uptimeNanoseconds(0)
    private(set) var status = 0
    private(set) var isStream = false
    /// The size of the answer's body.
    private(set) var bytes = 0
    /// Whether the request may change something.
    private(set) var isMutating = false
    private var head: HTTPRequestHead?
    private var isAbandoned = false

    mutating func begin(_ head: HTTPRequestHead, at now: NIODeadline) {
        self = RequestNote()
        self.head = head
        isMutating = head.method != .GET && head.method != .HEAD
        began = now
    }

    /// For an answer to something that was not a request at all.
    mutating func beginUnread(at now: NIODeadline) {
        self = RequestNote()
        began = now
    }

    mutating func answered(_ status: Int, bytes: Int) {
        self.status = status
        self.bytes = bytes
    }

    /// A stream may last for hours: the head is kept only if the request will be logged.
    mutating func streams(keepsHead: Bool) {
        status = 200
        isStream = true
        if !keepsHead { head = nil }
    }

    /// The request takes as long as a program does: nobody is told that it is slow.
    mutating func isLong() { isStream = true }

    /// The connection leaves HTTP; its session may last for hours, as a stream.
    mutating func switchesProtocol(keepsHead: Bool) {
        streams(keepsHead: keepsHead)
        status = 101
    }

    mutating func sent(_ count: Int) { bytes += count }

    mutating func abandon() { isAbandoned = true }

    var metadata: Logger.Metadata {
        var metadata: Logger.Metadata = [
            "method": .string(head?.method.rawValue ?? "-"), "path": .string(LoggedTarget.text(head?.uri ?? "-")),
            "status": .stringConvertible(status), "bytes": .stringConvertible(bytes),
        ]
        if let agent = head?.headers.first(name: "User-Agent") {
            metadata["userAgent"] = .string(LoggedTarget.shortened(agent))
        }
        if let audit = head?.headers.first(name: "Audit-ID") {
            metadata["auditID"] = .string(LoggedTarget.shortened(audit))
        }
        if isAbandoned { metadata["client"] = "gone" }
        return metadata
    }
}

/// A request's target in a form that may be logged: values of parameters that are not Kubernetes' own may be secrets.
enum LoggedTarget {
    private static let harmless: Set<Substring> = [
        "allowWatchBookmarks", "container", "continue", "dryRun", "exact", "export", "fieldManager", "fieldSelector",
        "fieldValidation", "follow", "force", "gracePeriodSeconds", "labelSelector", "limit", "limitBytes",
        "orphanDependents",
        "pretty", "previous", "propagationPolicy", "resourceVersion", "resourceVersionMatch", "sendInitialEvents",
        "sinceSeconds", "sinceTime", "tailLines", "timeout", "timeoutSeconds", "timestamps", "verbose", "watch",
    ]
    private static let longest = 512

    static func text(_ uri: String) -> String {
        guard let mark = uri.utf8.firstIndex(of: UInt8(ascii: "?")) else { return shortened(uri) }
        let query = uri[uri.index(after: mark)...]
        let parts = query.split(separator: "&", maxSplits: 32, omittingEmptySubsequences: true).map { part in
            let name = part.prefix { $0 != "=" }
            return harmless.contains(name) || name.count == part.count ? String(part) : "\(name)=…"
        }
        return shortened(uri[..<mark] + "?" + parts.joined(separator: "&"))
    }

    static func shortened(_ text: some StringProtocol) -> String {
        text.utf8.count <= longest ? String(text) : text.prefix(longest) + "…"
    }
}

extension TimeAmount {
    /// Formatted like Go's durations, in the unit that fits.
    fileprivate var text: String {
        switch nanoseconds {
        case ..<1_000_000: "\(nanoseconds / 1_000)µs"
        case ..<1_000_000_000: "\(Double(nanoseconds / 10_000) / 100)ms"
        default: "\(Double(nanoseconds / 10_000_000) / 100)s"
        }
    }
}
