import FairleadModel
import FairleadRandomTesting
import Testing

@testable import FairleadSchema

struct ValidationWorkTests {
    private static let keyed: Value = [
        "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"],
        "items": ["type": "object", "properties": ["k": ["type": "string"], "v": ["type": "string"]]],
    ]

    private func elements(_ count: Int, _ text: String) -> Value {
        .array((0..<count).map { ["k": .string(String($0)), "v": .string(text)] })
    }

    private func steps(_ schema: StructuralSchema, _ value: Value, old: Value? = nil) -> Int {
        let work = ValidationWork()
        _ = SchemaValidator(work: work).errors(of: value, schema, old: old)
        _ = ListInvariants.errors(of: value, schema, at: .root, old: old, work: work)
        return ValidationWork.limit - work.remaining
    }

    @Test func stepsGrowWithTheList() {
        let schema = StructuralSchema(Self.keyed)
        let costs = [2_000, 4_000, 8_000].map { steps(schema, elements($0, "b"), old: elements($0, "a")) }
        #expect(costs[1] <= 2 * costs[0] + 100 && costs[2] <= 2 * costs[1] + 100, "\(costs)")
    }

    @Test func keyedElementsAreComparedWithWhatTheyWere() {
        var keyed = Self.keyed
        keyed.set(["type": "string", "maxLength": 2], at: ["items", "properties", "v"])
        let schema = StructuralSchema(keyed)
        let old: Value = [["k": "x", "v": "long"], ["k": "y", "v": "ok"]]
        let new: Value = [["k": "y", "v": "also long"], ["k": "x", "v": "long"]]
        #expect(
            SchemaValidator().errors(of: new, schema, old: old).map(\.description) == [
                "[0].v: Too long: may not be more than 2 bytes"
            ])
    }

    @Test func listsOfManyElementsAreUniqueByTheirBytes() {
        let set = StructuralSchema([
            "type": "array", "x-kubernetes-list-type": "set", "items": ["type": "string"],
        ])
        let list: Value = .array((0..<20_000).map { .string(String($0)) })
        #expect(ListInvariants.errors(of: list, set, at: .root, old: nil).isEmpty)
        #expect(ListInvariants.errors(of: ["e\u{301}", "\u{e9}"], set, at: .root, old: nil).isEmpty)
        #expect(
            ListInvariants.errors(of: ["a", "b", "a"], set, at: FieldPath("l"), old: nil).map(\.description) == [
                "l[2]: Duplicate value: \"a\""
            ])
    }

    @Test func errorsAreAsManyAsAnybodyReads() {
        let schema = StructuralSchema(["type": "array", "items": ["type": "integer", "maximum": 5]])
        let list: Value = .array(Array(repeating: 9, count: 20_000))
        let errors = SchemaValidator(work: ValidationWork(limit: 100_000)).errors(of: list, schema)
        #expect(errors.count > 100 && errors.count < 1_000)
        #expect(errors.last?.detail == "validation failed due to running out of cost budget")
        let fewer = SchemaValidator().errors(of: list, schema)
        #expect(fewer.count == 10_001)
        #expect(fewer.last?.detail == "10000 more errors")
    }

    @Test func productsOfSchemaAndObjectAreCutOff() {
        let wide = StructuralSchema([
            "type": "array",
            "items": ["allOf": .array((0..<500).map { ["minLength": .int($0 % 2)] })],
        ])
        let list: Value = .array(Array(repeating: "a", count: 1_000))
        #expect(SchemaValidator().errors(of: list, wide).isEmpty)
        let errors = SchemaValidator(work: ValidationWork(limit: 100_000)).errors(of: list, wide)
        #expect(errors.map(\.detail) == ["validation failed due to running out of cost budget"])
    }

    @Test func whatIsNotThereCostsNothing() {
        let properties = Object((0..<20_000).map { ("p\($0)", ["type": "string"] as Value) })
        let schema = StructuralSchema([
            "type": "array", "items": ["type": "object", "properties": .object(properties)],
        ])
        #expect(steps(schema, .array(Array(repeating: [:], count: 1_000))) < 5_000)
    }

    @Test func enumerationsAreFoundAtOnce() {
        let allowed: [Value] = (0..<20_000).map { .string("e\($0)") } + [1, .double(2.5), ["a": 1]]
        let schema = StructuralSchema(["enum": .array(allowed)])
        for value in ["e19999", 1, .double(1), .double(2.5), ["a": 1]] as [Value] {
            #expect(SchemaValidator().errors(of: value, schema).isEmpty, "\(value)")
        }
        let errors = SchemaValidator().errors(of: "e", schema)
        #expect(errors.count == 1)
        #expect(errors[0].detail.hasPrefix("supported values: \"e0\", \"e1\", "))
        #expect(errors[0].detail.hasSuffix(" more)"))
        #expect(errors[0].detail.utf8.count < 17_000)
    }

    @Test func defaultsDoNotGrowWithoutBound() {
        let properties = Object((0..<2_000).map { ("p\($0)", ["type": "string", "default": "d"] as Value) })
        let schema = StructuralSchema([
            "type": "array", "items": ["type": "object", "properties": .object(properties)],
        ])
        var few: Value = [[:], ["p1": "x"], ["p1": .null]]
        #expect(schema.applyDefaults(to: &few))
        #expect(few.array?.map { $0.object?.count } == [2_000, 2_000, 2_000])
        #expect(few.array?.map { $0["p1"] } == ["d", "x", "d"])
        var many: Value = .array(Array(repeating: [:], count: 100_000))
        #expect(!schema.applyDefaults(to: &many, limit: 10_000))
        #expect(many.extent.count < 120_000)
    }
}
