import FairleadModel
import NIOCore
import Testing

@testable import FairleadDNS

struct ForwardCacheTests {
    private let now = NIODeadline.uptimeNanoseconds(1_000_000_000)

    private func entry(_ name: String, records: Int = 1, size: Int = 4) throws -> (ForwardCache.Key, Message) {
        let question = Question(try #require(DomainName(name)), .a)
        var message = Message(id: 1, asking: question)
        message.header.isResponse = true
        for _ in 0..<records {
            message.answers.append(
                ResourceRecord(question.name, .a, ttl: 30, .opaque(Array(repeating: 7, count: size))))
        }
        return (ForwardCache.Key(question, message), message)
    }

    @Test func keepsAsManyEntriesAsAllowed() throws {
        let cache = ForwardCache(capacity: 100)
        for number in 0..<10_000 {
            let (key, message) = try entry("n\(number).example.com")
            cache.store(message, for: key, at: now)
            #expect(cache.size.entries <= 100)
        }
        #expect(cache.size.entries >= 50)
        let (last, _) = try entry("n9999.example.com")
        #expect(cache.find(last, at: now) != nil)
    }

    @Test func keepsAsManyBytesAsAllowed() throws {
        let cache = ForwardCache(byteCapacity: 1 << 20)
        for number in 0..<200 {
            let (key, message) = try entry("n\(number).example.com", records: 10, size: 5000)
            cache.store(message, for: key, at: now)
            #expect(cache.size.bytes <= 1 << 20)
        }
        let (key, message) = try entry("huge.example.com", records: 100, size: 5000)
        cache.store(message, for: key, at: now)
        #expect(cache.find(key, at: now) == nil)
    }

    @Test func whatIsAskedForStays() throws {
        let cache = ForwardCache(capacity: 100)
        let (wanted, message) = try entry("wanted.example.com")
        cache.store(message, for: wanted, at: now)
        for number in 0..<1000 {
            let (key, other) = try entry("n\(number).example.com")
            cache.store(other, for: key, at: now)
            #expect(cache.find(wanted, at: now) != nil)
        }
        #expect(cache.find(wanted, at: now + .seconds(31)) == nil)
    }
}
