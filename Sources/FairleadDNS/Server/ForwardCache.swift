import NIOCore
import Synchronization

/// Answers of the upstream server, for as long as their TTLs allow, but no longer than CoreDNS's default Corefile
/// caches.
///
/// Bounded by entries and by bytes: there are two generations. When the young one holds half of what is allowed, it
/// becomes the old one, whose entries are dropped unless somebody asks for them.
final class ForwardCache: Sendable {
    struct Key: Hashable {
        var question: Question
        var isDNSSECOK: Bool
        var isCheckingDisabled: Bool

        init(_ question: Question, _ request: Message) {
            self.question = question
            self.question.name = question.name.lowercased
            isDNSSECOK = request.edns?.isDNSSECOK ?? false
            isCheckingDisabled = request.header.isCheckingDisabled
        }
    }

    private struct Entry {
        var answer: Message
        var stored: NIODeadline
        var expires: NIODeadline
    }

    private struct Generation {
        var entries: [Key: Entry] = [:]
        var bytes = 0
    }

    private struct Generations {
        var young = Generation()
        var old = Generation()
    }

    private let capacity: Int
    private let byteCapacity: Int
    private let generations = Mutex(Generations())

    /// Seconds.
    private static let maximumTTL: Int64 = 30
    private static let failureTTL: Int64 = 5

    init(capacity: Int = 10_000, byteCapacity: Int = 16 << 20) {
        self.capacity = capacity
        self.byteCapacity = byteCapacity
    }

    /// The current size.
    var size: (entries: Int, bytes: Int) {
        generations.withLock { ($0.young.entries.count + $0.old.entries.count, $0.young.bytes + $0.old.bytes) }
    }

    /// The answer with its TTLs reduced by its age; question and id are those of the first client that asked.
    func find(_ key: Key, at now: NIODeadline) -> Message? {
        let entry = generations.withLock { generations -> Entry? in
            if let entry = generations.young.entries[key] { return entry.expires > now ? entry : nil }
            guard let entry = generations.old.entries[key], entry.expires > now else { return nil }
            insert(entry, key, &generations)
            return entry
        }
        guard let entry else { return nil }
        let age = UInt32(clamping: (now - entry.stored).nanoseconds / 1_000_000_000)
        var answer = entry.answer
        answer.answers.age(by: age)
        answer.authorities.age(by: age)
        answer.additionals.age(by: age)
        return answer
    }

    func store(_ answer: Message, for key: Key, at now: NIODeadline) {
        guard let ttl = Self.lifetime(of: answer), ttl > 0 else { return }
        let entry = Entry(answer: answer, stored: now, expires: now + .seconds(ttl))
        generations.withLock { insert(entry, key, &$0) }
    }

    private func insert(_ entry: Entry, _ key: Key, _ generations: inout Generations) {
        let bytes = entry.answer.footprint
        guard bytes <= byteCapacity / 8 else { return }
        if generations.young.entries.count >= capacity / 2 || generations.young.bytes + bytes > byteCapacity / 2 {
            generations.old = generations.young
            generations.young = Generation()
        }
        if let before = generations.young.entries.updateValue(entry, forKey: key) {
            generations.young.bytes -= before.answer.footprint
        }
        generations.young.bytes += bytes
    }

    /// Seconds; nil for answers that must not be cached. Negative answers are cached as their SOA says (RFC 2308, 5).
    private static func lifetime(of answer: Message) -> Int64? {
        if answer.header.isTruncated { return nil }
        switch answer.responseCode {
        case .noError where !answer.answers.isEmpty:
            let lowest = (answer.answers + answer.authorities + answer.additionals).map(\.ttl).min() ?? 0
            return min(Int64(lowest), maximumTTL)
        case .noError, .nameError:
            for record in answer.authorities {
                guard case .authority(let soa) = record.data else { continue }
                return min(Int64(min(record.ttl, soa.minimum)), maximumTTL)
            }
            return nil
        case .serverFailure: return failureTTL
        default: return nil
        }
    }
}

extension [ResourceRecord] {
    fileprivate mutating func age(by seconds: UInt32) {
        for index in indices { self[index].ttl -= Swift.min(self[index].ttl, seconds) }
    }
}

extension Message {
    /// The approximate memory use.
    fileprivate var footprint: Int {
        let records = answers + authorities + additionals
        return 512 + records.reduce(0) { $0 + 160 + $1.name.bytes.count + $1.data.footprint }
    }
}

extension RecordData {
    fileprivate var footprint: Int {
        switch self {
        case .address: 0
        case .name(let name), .service(_, _, _, let name), .mailExchange(_, let name): 32 + name.bytes.count
        case .authority(let soa): 64 + soa.server.bytes.count + soa.mailbox.bytes.count
        case .text(let strings): strings.reduce(32) { $0 + 40 + $1.count }
        case .opaque(let bytes): 32 + bytes.count
        }
    }
}
