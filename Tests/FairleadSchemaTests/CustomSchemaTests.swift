import FairleadModel
import Testing

@testable import FairleadSchema

struct CustomSchemaTests {
    private func schema(_ text: String) throws -> StructuralSchema {
        StructuralSchema(try JSON.parse(Array(text.utf8)).value)
    }

    private func value(_ text: String) throws -> Value { try JSON.parse(Array(text.utf8)).value }

    // MARK: Pruning and defaults

    @Test func pruningRemovesWhatIsNotSpecifiedAndNamesIt() throws {
        let schema = try schema(
            """
            {"type":"object","properties":{"spec":{"type":"object","properties":{
              "l":{"type":"array","items":{"type":"object","properties":{"x":{"type":"integer"}}}},
              "m":{"type":"object","additionalProperties":{"type":"object","properties":{"x":{"type":"integer"}}}},
              "keep":{"type":"object","x-kubernetes-preserve-unknown-fields":true,
                "properties":{"n":{"type":"object","properties":{}}}}}}}}
            """)
        var object = try value(
            """
            {"apiVersion":"v","kind":"K","metadata":{"a":1},"top":1,
             "spec":{"l":[{"x":1,"y":2}],"m":{"k":{"z":1}},"keep":{"free":1,"n":{"gone":1}}}}
            """)
        var unknown: [String] = []
        schema.prune(&object, isResource: true, unknown: &unknown)
        #expect(unknown.sorted() == ["spec.keep.n.gone", "spec.l[0].y", "spec.m.k.z", "top"])
        #expect(
            try object
                == value(
                    """
                    {"apiVersion":"v","kind":"K","metadata":{"a":1},
                     "spec":{"l":[{"x":1}],"m":{"k":{}},"keep":{"free":1,"n":{}}}}
                    """))
    }

    @Test func defaultsFillInWhatIsMissingAndWhatMayNotBeNull() throws {
        let schema = try schema(
            """
            {"type":"object","properties":{"a":{"type":"string","default":"x"},
             "n":{"type":"string","nullable":true,"default":"y"},"b":{"type":"string"},
             "o":{"type":"object","default":{},"properties":{"p":{"type":"integer","default":5}}},
             "absent":{"type":"object","properties":{"p":{"type":"integer","default":5}}},
             "l":{"type":"array","items":{"type":"object","properties":{"p":{"type":"integer","default":80}}}}}}
            """)
        var object = try value(#"{"a":null,"n":null,"b":null,"l":[{},{"p":1}]}"#)
        schema.applyDefaults(to: &object)
        #expect(try object == value(#"{"a":"x","n":null,"o":{"p":5},"l":[{"p":80},{"p":1}]}"#))
    }

    @Test func applyingDefaultsTwiceChangesNothing() throws {
        let schema = try schema(
            #"{"type":"object","properties":{"o":{"type":"object","default":{"q":1},"properties":{"p":{"default":5,"type":"integer"},"q":{"type":"integer"}}}}}"#
        )
        var once = try value("{}")
        schema.applyDefaults(to: &once)
        var twice = once
        schema.applyDefaults(to: &twice)
        #expect(once == twice)
        #expect(try once == value(#"{"o":{"p":5,"q":1}}"#))
    }

    // MARK: Validation

    @Test(arguments: [
        (#"{"type":"string"}"#, "1", #"f: Invalid value: "integer": f in body must be of type string: "integer""#),
        (#"{"type":"integer"}"#, "1.0", ""), (#"{"type":"number"}"#, "1", ""),
        (
            #"{"type":"integer"}"#, "1.5",
            #"f: Invalid value: "number": f in body must be of type integer: "number"|<nil>: Invalid value: "": Checked value must be of type integer (default format) in f"#
        ),
        (#"{"type":"string","nullable":true}"#, "null", ""),
        (#"{"type":"string"}"#, "null", #"f: Invalid value: "null": f in body must be of type string: "null""#),
        (#"{"x-kubernetes-int-or-string":true}"#, #""a""#, ""),
        (
            #"{"x-kubernetes-int-or-string":true}"#, "true",
            #"f: Invalid value: "boolean": f in body must be of type integer,string: "boolean""#
        ),
        (
            #"{"type":"string","enum":["a","b"]}"#, #""c""#,
            #"f: Unsupported value: "c": supported values: "a", "b""#
        ),
        (#"{"type":"integer","enum":[1,2]}"#, "3", #"f: Unsupported value: 3: supported values: "1", "2""#),
        (
            #"{"type":"array","items":{"type":"integer"},"minItems":1}"#, "[]",
            "f: Invalid value: 0: f in body should have at least 1 items"
        ),
        (
            #"{"type":"array","items":{"type":"integer"},"maxItems":1}"#, "[1,2]",
            "f: Too many: 2: must have at most 1 item"
        ),
        (#"{"type":"string","maxLength":3}"#, #""äöü""#, ""),
        (#"{"type":"string","maxLength":3}"#, #""abcd""#, "f: Too long: may not be more than 3 bytes"),
        (#"{"type":"number","multipleOf":0.1}"#, "0.3", ""),
        (
            #"{"type":"string","format":"date"}"#, #""2026-13-01""#,
            #"f: Invalid value: "2026-13-01": f in body must be of type date: "2026-13-01""#
        ),
        (#"{"type":"string","format":"nope"}"#, #""x""#, ""),
        (
            #"{"type":"string","oneOf":[{"minLength":1},{"maxLength":5}]}"#, #""a""#,
            #"<nil>: Invalid value: "": "f" must validate one and only one schema (oneOf). Found 2 valid alternatives"#
        ),
        (
            #"{"type":"integer","not":{"enum":[3]}}"#, "3",
            #"<nil>: Invalid value: "": "f" must not validate the schema (not)"#
        ),
        (#"{"type":"object","required":["x"],"properties":{"x":{"type":"string"}}}"#, "{}", "f.x: Required value"),
    ])
    func saysWhatIsWrongInKubernetesWords(_ field: String, _ content: String, _ expected: String) throws {
        let schema = try schema(#"{"type":"object","properties":{"f":\#(field)}}"#)
        let errors = SchemaValidator().errors(of: try value(#"{"f":\#(content)}"#), schema)
        #expect(errors.map(\.description).joined(separator: "|") == expected)
    }

    @Test func whatWasWrongBeforeAnUpdateMayStay() throws {
        let schema = try schema(
            """
            {"type":"object","properties":{"a":{"type":"string","maxLength":1},"b":{"type":"integer"},
             "l":{"type":"array","x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["k"],
               "items":{"type":"object","properties":{"k":{"type":"string"},"v":{"type":"integer","maximum":1}}}}}}
            """)
        let old = try value(#"{"a":"long","b":1,"l":[{"k":"x","v":9}]}"#)
        let other = try value(#"{"a":"long","b":2,"l":[{"k":"y","v":1},{"k":"x","v":9}]}"#)
        #expect(SchemaValidator().errors(of: other, schema, old: old).isEmpty)
        let worse = try value(#"{"a":"longer","b":1,"l":[{"k":"x","v":8}]}"#)
        #expect(SchemaValidator().errors(of: worse, schema, old: old).map(\.field) == ["a", "l[0].v"])
    }

    @Test func setsHoldNoValueTwiceAndKeyedListsNoKey() throws {
        let schema = try schema(
            """
            {"type":"object","properties":{
             "s":{"type":"array","x-kubernetes-list-type":"set","items":{"type":"string"}},
             "m":{"type":"array","x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["k"],
               "items":{"type":"object","properties":{"k":{"type":"string","default":"d"}}}}}}
            """)
        let object = try value(#"{"s":["a","b","a"],"m":[{},{"k":"d"}]}"#)
        let errors = ListInvariants.errors(of: object, schema, at: .root, old: nil).map(\.description)
        #expect(errors == [#"m[1]: Duplicate value: {"k":"d"}"#, #"s[2]: Duplicate value: "a""#])
    }

    // MARK: Small parts

    @Test func versionsAreOrderedByStabilityThenNumber() {
        let names = ["foo1", "v1alpha1", "v2", "v3beta1", "v10", "v1", "v12alpha1", "v11beta2", "v10beta3", "foo10"]
        #expect(
            names.sorted(by: VersionOrder.precedes)
                == ["v10", "v2", "v1", "v11beta2", "v10beta3", "v3beta1", "v12alpha1", "v1alpha1", "foo1", "foo10"])
    }

    @Test(arguments: [
        (".a.b", "[1]"), (".l[0]", #"["x"]"#), (".l[*]", #"["x","y"]"#), (".l[-1]", #"["y"]"#), (".nope.x", "[]"),
        (#".c[?(@.t=="R")].s"#, #"["True"]"#), (".c[*].t", #"["R","S"]"#), (#".a['b']"#, "[1]"),
        (#".m.with\.dot"#, "[7]"), (".c[?(@.n>1)].t", #"["S"]"#), (".l[0,1]", #"["x","y"]"#),
        (".l[1:]", #"["y"]"#), (".l[:1]", #"["x"]"#), (".l[::2]", #"["x"]"#), (".l[5]", "[]"), (".l[1:9]", "[]"),
        (".c[0]['t','s']", #"["R","True"]"#), (#".m['with\.dot']"#, "[7]"), (".m['with.dot']", "[]"),
        (".l[-9223372036854775808]", "[]"), (".l[9223372036854775807]", "[]"),
        ("..n", "[1,2]"), ("....n", "[1,2]"),
    ])
    func pathsLeadToValues(_ path: String, _ expected: String) throws {
        let object = try value(
            #"{"a":{"b":1},"l":["x","y"],"m":{"with.dot":7},"c":[{"t":"R","s":"True","n":1},{"t":"S","s":"False","n":2}]}"#
        )
        var budget = PathBudget()
        let found = try #require(SimplePath(path)).values(in: object, &budget)
        #expect(try found == value(expected).array)
        #expect(try #require(SimplePath(path)).first(in: object, &budget) == found.first)
    }

    @Test(arguments: ["", "a", ".a b", ".a[", ".a[x]", ".a[?(@.b=)]", tooLong, tooManySteps, tooDeep])
    func pathsThatCannotBeReadAreNone(_ path: String) { #expect(SimplePath(path) == nil) }

    private static let tooLong = "." + String(repeating: "a", count: 20_000)
    private static let tooManySteps = String(repeating: "..a", count: 1_000)
    private static let tooDeep =
        ".a" + String(repeating: "[?(@", count: 17) + String(repeating: ")]", count: 17)

    @Test func pathsOfSomeLengthAndDepthAreRead() {
        let filters = ".a" + String(repeating: "[?(@", count: 16) + String(repeating: ")]", count: 16)
        #expect(SimplePath(filters) != nil)
        #expect(SimplePath(String(repeating: ".a", count: 128)) != nil)
    }

    /// An object of one chain: each descent after another multiplies the ways through it.
    @Test(arguments: [1, 2, 3, 6, 40])
    func descentsEndWhenTheirBudgetDoes(_ descents: Int) throws {
        let chain = try value(String(repeating: #"{"a":"#, count: 150) + "1" + String(repeating: "}", count: 150))
        var budget = PathBudget()
        let path = try #require(SimplePath(String(repeating: "..a", count: descents) + ".missing"))
        #expect(path.first(in: chain, &budget) == nil)
        #expect(budget.isExhausted == (descents > 2))
        // What is there is found without looking at the rest.
        budget = PathBudget()
        #expect(try #require(SimplePath(String(repeating: "..a", count: descents))).first(in: chain, &budget) != nil)
        #expect(budget.remaining > PathBudget.limit - 1_000)
    }
}
