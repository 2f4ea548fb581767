import FairleadModel
import Foundation
import Testing

@testable import FairleadDNS

/// Every line of `answers.zone`.
struct ZoneTableTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var question: String
        var code = ""
        var answers: [String] = []
        var authorities: [String] = []
        var additionals: [String] = []
        var testDescription: String { question }
    }

    static func cases() throws -> [Case] {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "answers.zone")
        var cases: [Case] = []
        for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map(String.init) {
            if line.hasPrefix(";") { continue }
            if line.hasPrefix("? ") {
                cases.append(Case(question: String(line.dropFirst(2))))
                continue
            }
            guard var current = cases.popLast() else { continue }
            if current.code.isEmpty {
                current.code = line
            } else if line.hasPrefix("@ ") {
                current.authorities.append(String(line.dropFirst(2)))
            } else if line.hasPrefix("+ ") {
                current.additionals.append(String(line.dropFirst(2)))
            } else {
                current.answers.append(line)
            }
            cases.append(current)
        }
        return cases
    }

    @Test(arguments: try cases())
    func answersAsTheTableSays(expected: Case) throws {
        let words = expected.question.split(separator: " ").map(String.init)
        let question = Question(
            try #require(DomainName(words[0])), try #require(RecordType(words[1])))
        let answer = try TestResponder(.cluster()).ask(question)
        #expect(answer.responseCode.description == expected.code)
        #expect(answer.answers.map(line) == expected.answers)
        #expect(answer.authorities.map(line) == expected.authorities)
        #expect(answer.additionals.map(line) == expected.additionals)
        #expect(answer.header.isAuthoritative == (expected.code != "REFUSED"))
        #expect(answer.questions == [question])
    }

    private func line(_ record: ResourceRecord) -> String {
        guard case .authority(let soa) = record.data else { return record.description }
        let isWhole =
            soa.server.description == "ns.dns.\(record.name)"
            && soa.mailbox.description == "hostmaster.\(record.name)" && record.ttl == 5 && soa.minimum == 5
        return isWhole ? "SOA" : record.description
    }
}

/// A responder over a source, asked with packets.
struct TestResponder {
    let responder: Responder

    init(_ source: MemoryRecordSource, _ change: (inout ZoneSettings) -> Void = { _ in }, rotates: Bool = false) throws
    {
        var settings = ZoneSettings(domain: try #require(DomainName("cluster.local")))
        change(&settings)
        let index = ZoneIndex(source: source, includesPods: settings.podNames == .verified)
        responder = Responder(resolver: ZoneResolver(settings: settings, index: index), rotates: rotates)
    }

    func ask(_ name: String, _ type: RecordType) throws -> Message {
        try ask(Question(try #require(DomainName(name)), type))
    }

    func ask(_ question: Question, turn: Int = 0) throws -> Message {
        let bytes = try #require(answer(Message(id: 7, asking: question).bytes(), turn: turn))
        return try Message(bytes: bytes)
    }

    /// nil for a packet without an answer.
    func answer(_ packet: [UInt8], limit: Int = 65535, turn: Int = 0) -> [UInt8]? {
        guard case .answer(let message) = responder.decide(packet, local: IPAddress("127.0.0.1"), turn: turn) else {
            return nil
        }
        return message.bytes(limit: limit)
    }
}
