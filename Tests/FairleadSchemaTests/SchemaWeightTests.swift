import FairleadModel
import Testing

@testable import FairleadSchema

/// What a definition's size does to the time that its objects take is known from the definition.
struct SchemaWeightTests {
    private func weight(_ schema: Value, columns: Value = []) -> CustomDefinition.Version.Weight {
        CustomDefinition.Version(
            ["name": "v1", "schema": ["openAPIV3Schema": schema], "additionalPrinterColumns": columns],
            group: "g", kind: "K", preferred: "v1", objectMeta: nil
        ).weight
    }

    private static let number: Value = [
        "x-kubernetes-int-or-string": true, "anyOf": [["type": "integer"], ["type": "string"]],
    ]
    private static let many: Value = .array((0..<1000).map { ["maxLength": .int($0)] })
    private static let names: Value = .array((0..<1000).map { .string("n\($0)") })

    private func nested(_ schema: Value, levels: Int) -> Value {
        (0..<levels).reduce(schema) { inner, _ in ["type": "object", "properties": ["a": inner]] }
    }

    @Test func ordinarySchemasAreLight() {
        #expect(weight(["type": "object"]).writing == 1)
        #expect(weight(nested(["type": "string", "enum": ["a", "b"]], levels: 20)).writing == 1)
        #expect(weight(nested(Self.number, levels: 3)).writing == 3)
        let columns: Value = [["name": "c", "type": "string", "jsonPath": ".spec.a", "description": "An a."]]
        #expect(weight(["type": "object"], columns: columns) == weight(["type": "object"]))
    }

    @Test(arguments: ["allOf", "anyOf", "oneOf"])
    func alternativesAreComparedWithEachValue(_ word: String) {
        #expect(weight(nested([word: Self.many] as Value, levels: 3)).writing > 1000)
        #expect(weight(["not": [word: Self.many] as Value]).writing > 1000)
        #expect(weight(["type": "array", "items": [word: Self.many] as Value]).writing > 1000)
        #expect(weight(["additionalProperties": [word: Self.many] as Value]).writing > 1000)
    }

    @Test func listsInSchemasCountWhereTheyAreGoneThrough() {
        #expect(weight(["type": "object", "required": Self.names]).writing > 200)
        let keyed: Value = ["type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": Self.names]
        #expect(weight(keyed).writing > 200)
        #expect(weight(["enum": [["a": 1]]]).writing > 1)
        // Looked up at once, but said in each error.
        #expect(2...20 ~= weight(["enum": Self.names]).writing)
    }

    /// The same in numbers as filling them in.
    @Test(arguments: [0, 1, 3, 10])
    func defaultsCountAsWhatTheyBecome(_ count: Int) {
        let empty: Value = .array(Array(repeating: [:], count: count))
        func list(_ item: Value) -> Value {
            ["type": "array", "default": empty, "items": ["type": "object", "properties": ["p": item]]]
        }
        let source: Value = [
            "type": "object",
            "properties": [
                "spec": [
                    "type": "object", "default": ["x": .null, "y": [1, 2]],
                    "x-kubernetes-preserve-unknown-fields": true,
                    "properties": [
                        "a": list(list(["type": "string", "default": "d"])), "x": ["type": "string", "default": "d"],
                    ],
                ]
            ],
        ]
        var object: Value = [:]
        StructuralSchema(source).applyDefaults(to: &object)
        let weight = weight(source)
        #expect(weight.reading == object.extent.count)
        #expect(weight.writing >= weight.reading)
    }

    @Test func numbersOfDefaultsDoNotOverflow() {
        var schema: Value = ["type": "string", "default": "d"]
        for _ in 0..<20 {
            schema = [
                "type": "array", "default": .array(Array(repeating: [:], count: 1000)),
                "items": ["type": "object", "properties": ["p": schema]],
            ]
        }
        #expect(weight(["type": "object", "properties": ["p": schema]]).reading == .max)
    }

    @Test func columnsThatSearchAndManyColumnsAreHeavy() {
        func columns(_ count: Int, _ path: String, _ text: String = "") -> Value {
            .array(
                (0..<count).map {
                    [
                        "name": .string("c\($0)"), "type": "string", "jsonPath": .string(path),
                        "description": .string(text),
                    ]
                })
        }
        let plain: Value = ["type": "object"]
        for path in ["..a", ".a[*]", ".a[?(@.b)]"] {
            #expect(weight(plain, columns: columns(100, path)).printing > 100, "\(path)")
        }
        #expect(weight(plain, columns: columns(1000, ".a")).printing > 100)
        #expect(weight(plain, columns: columns(1, ".a", String(repeating: "x", count: 100_000))).printing > 90)
        #expect(weight(plain, columns: columns(1000, ".a")).reading == 1)
    }
}
