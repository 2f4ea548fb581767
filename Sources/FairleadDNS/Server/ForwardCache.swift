import NIOCore
import Synchronization

/// What others have answered, for as long as they allow and no longer than CoreDNS's default Corefile keeps things.
/// Bounded; when it is full, what would expire soonest goes.
final class ForwardCache: Sendable {
    private struct Key: Hashable {
        var question: Question
        var isDNSSECOK: Bool
        var isCheckingDisabled: Bool
    }

    private struct Entry {
        var answer: Message
        var stored: NIODeadline
        var expires: NIODeadline
    }

    private let capacity: Int
    private let entries = Mutex<[Key: Entry]>([:])

    /// Seconds.
    private static let maximumTTL: Int64 = 30
    private static let failureTTL: Int64 = 5

    init(capacity: Int = 10_000) { self.capacity = capacity }

    /// The answer with its TTLs lowered by its age; the question and the id are those of whoever asked first.
    func find(_ question: Question, _ request: Message, at now: NIODeadline) -> Message? {
        let key = Self.key(question, request)
        let entry = entries.withLock { entries -> Entry? in
            guard let entry = entries[key] else { return nil }
            if entry.expires > now { return entry }
            entries[key] = nil
            return nil
        }
        guard let entry else { return nil }
        let age = UInt32(clamping: (now - entry.stored).nanoseconds / 1_000_000_000)
        var answer = entry.answer
        answer.answers.age(by: age)
        answer.authorities.age(by: age)
        answer.additionals.age(by: age)
        return answer
    }

    func store(_ answer: Message, for question: Question, _ request: Message, at now: NIODeadline) {
        guard let ttl = Self.lifetime(of: answer), ttl > 0 else { return }
        let entry = Entry(answer: answer, stored: now, expires: now + .seconds(ttl))
        entries.withLock { entries in
            if entries.count >= capacity, let oldest = entries.min(by: { $0.value.expires < $1.value.expires }) {
                entries[oldest.key] = nil
            }
            entries[Self.key(question, request)] = entry
        }
    }

    private static func key(_ question: Question, _ request: Message) -> Key {
        var question = question
        question.name = question.name.lowercased
        return Key(
            question: question, isDNSSECOK: request.edns?.isDNSSECOK ?? false,
            isCheckingDisabled: request.header.isCheckingDisabled)
    }

    /// Seconds; nil for answers that must not be kept. Negative ones are kept by their SOA (RFC 2308, 5).
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
