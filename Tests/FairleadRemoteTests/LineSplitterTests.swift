import Testing

@testable import FairleadRemote

struct LineSplitterTests {
    private struct Refused: Error {}

    private func lines(_ pieces: [String], limit: Int = 100) throws -> [String] {
        var splitter = LineSplitter(limit: limit)
        var lines: [String] = []
        for piece in pieces {
            try splitter.append(Array(piece.utf8)) { _ in
                Refused()
            } _: { (line) throws(Refused) in
                lines.append(String(decoding: line, as: UTF8.self))
            }
        }
        return lines
    }

    /// Wherever a text is torn, the same lines come out.
    @Test func linesAreTheSameWhereverTheyAreTorn() throws {
        let text = "one\ntwo\n\nthree four\nrest"
        for first in 0...text.count {
            for second in first...text.count {
                let pieces = [
                    String(text.prefix(first)), String(text.prefix(second).dropFirst(first)),
                    String(text.dropFirst(second)),
                ]
                #expect(try lines(pieces) == ["one", "two", "three four"])
            }
        }
        #expect(try lines(text.map(String.init)) == ["one", "two", "three four"])
    }

    @Test(arguments: [["12345\n"], ["12345"], ["123", "45"], ["123", "45\n"], ["1\n", "12345\n"]])
    func whatIsTooLongIsRefusedBeforeItsEndHasCome(pieces: [String]) throws {
        #expect(throws: Refused.self) { try lines(pieces, limit: 4) }
        _ = try lines(pieces, limit: 5)
    }
}
