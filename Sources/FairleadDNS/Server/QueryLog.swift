package import FairleadModel
import Synchronization

/// The last questions and their answers, in the format of CoreDNS's log plugin. Bounded: the oldest are dropped first.
/// Lines are formatted when somebody reads them.
package final class QueryLog: Sendable {
    struct Entry: Sendable {
        var time: Timestamp
        var remote: String
        /// The client's port, which decides which of the pods is said to have answered.
        var port: Int
        var transport: DNSTransport
        var question: Question
        var answer: MessageHeader
        var code: ResponseCode
        var edns: ExtendedDNS?
        var requestSize: Int
        var responseSize: Int
        /// Seconds.
        var duration: Double
    }

    private struct Ring {
        var entries: [Entry] = []
        var next = 0
    }

    private let capacity: Int
    private let ring = Mutex(Ring())

    init(capacity: Int) { self.capacity = capacity }

    func append(_ entry: Entry) {
        ring.withLock { ring in
            if ring.entries.count < capacity {
                ring.entries.append(entry)
            } else {
                ring.entries[ring.next] = entry
                ring.next = (ring.next + 1) % capacity
            }
        }
    }

    /// The log lines of one of several pods, oldest first, each with its time.
    /// - Parameters:
    ///   - pod: its index among the pods that answer.
    ///   - count: how many such pods there are.
    package func lines(pod: Int, of count: Int) -> [(time: Timestamp, line: String)] {
        let ring = ring.withLock { $0 }
        let ordered = ring.entries[ring.next...] + ring.entries[..<ring.next]
        return ordered.filter { $0.port % max(count, 1) == pod }.map { ($0.time, $0.line) }
    }
}

extension QueryLog.Entry {
    /// `{remote}:{port} - {>id} "{type} {class} {name} {proto} {size} {>do} {>bufsize}" {rcode} {>rflags} {rsize} {duration}`
    var line: String {
        let host = remote.contains(":") ? "[\(remote)]" : remote
        let size = edns.map { max(512, Int($0.payloadSize)) } ?? (transport == .tcp ? 65535 : 512)
        let asked = """
            \(question.type) \(question.recordClass) \(question.name) \(transport.rawValue) \(requestSize) \
            \(edns?.isDNSSECOK ?? false) \(size)
            """
        return """
            [INFO] \(host):\(port) - \(answer.id) "\(asked)" \(code) \(flags) \(responseSize) \(durationText)s
            """
    }

    private var flags: String {
        let names: [(UInt16, String)] = [
            (0x8000, "qr"), (0x0400, "aa"), (0x0200, "tc"), (0x0100, "rd"), (0x0080, "ra"), (0x0040, "z"),
            (0x0020, "ad"), (0x0010, "cd"),
        ]
        return names.filter { answer.bits & $0.0 != 0 }.map(\.1).joined(separator: ",")
    }

    /// Nanoseconds as a decimal fraction, without trailing zeros.
    private var durationText: String {
        let nanoseconds = Int((duration * 1e9).rounded())
        var fraction = String(String(1_000_000_000 + nanoseconds % 1_000_000_000).dropFirst())
        while fraction.count > 1, fraction.hasSuffix("0") { fraction.removeLast() }
        return "\(nanoseconds / 1_000_000_000).\(fraction)"
    }
}
