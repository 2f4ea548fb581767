import Testing

@testable import FairleadModel

struct ByteComparisonTests {
    private static let composed = "\u{E9}"
    private static let decomposed = "e\u{301}"
    private static let kelvin = "\u{212A}"

    @Test func valuesAreTheSameIfTheirBytesAre() {
        #expect(Self.composed == Self.decomposed)
        #expect(Value.string(Self.composed) != .string(Self.decomposed))
        #expect(Value.string(Self.kelvin) != "K")
        #expect(Value.string(Self.composed) == .string("\u{E9}"))
        #expect(Value.array([.string(Self.composed)]) != .array([.string(Self.decomposed)]))
        #expect(Set([Value.string(Self.composed), .string(Self.decomposed)]).count == 2)
    }

    @Test(arguments: [2, 40]) func membersAreFoundByTheBytesOfTheirKeys(count: Int) {
        var object = Object((0..<count).map { ("k\($0)", .int(Int64($0))) })
        object[Self.composed] = 1
        object[Self.decomposed] = 2
        object[Self.kelvin] = 3
        #expect(object.count == count + 3)
        #expect(object[Self.composed] == 1)
        #expect(object[Self.decomposed] == 2)
        #expect(object["K"] == nil)
        object[Self.composed] = nil
        #expect(object[Self.decomposed] == 2)
        #expect(object.count == count + 2)
    }

    @Test func parsedMembersAreInTheOrderOfBytes() throws {
        let text = #"{"z":1,"é":2,"e\#u{301}":3,"Z":4,"\u212a":5,"K":6}"#
        let value = try JSON.parse(Array(text.utf8)).value
        let keys = try #require(value.object).keys.map { Array($0.utf8) }
        #expect(keys == keys.sorted { $0.lexicographicallyPrecedes($1) })
        #expect(keys.count == 6)
        #expect(value.object?[Self.decomposed] == 3)
        #expect(value.object?["K"] == 6)
    }

    @Test func orderIsThatOfBytes() {
        let texts = ["", "a", "ab", "b", Self.decomposed, Self.composed, Self.kelvin, "\u{FFFF}", "\u{10000}"]
        for (left, mine) in texts.enumerated() {
            for (right, other) in texts.enumerated() {
                let isBefore = mine.utf8.lexicographicallyPrecedes(other.utf8)
                #expect(mine.isBefore(other) == isBefore)
                #expect(mine.order(other).signum() == (left == right ? 0 : isBefore ? -1 : 1))
                #expect(mine.isSameBytes(as: other) == (left == right))
            }
        }
    }
}
