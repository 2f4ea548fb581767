import FairleadModel
import FairleadRandomTesting
import Testing

@Suite struct YAMLTests {
    private func json(_ yaml: String) throws -> String { try YAML.parse(Array(yaml.utf8)).value.jsonText }

    private func failure(_ bytes: [UInt8]) -> String? {
        do {
            _ = try YAML.parse(bytes)
            return nil
        } catch {
            return error.message
        }
    }

    @Test(arguments: [
        ("", "null"), ("a: 1", "{\"a\":1}"),
        ("a: [yes, no, on, off, y, n, True]", "{\"a\":[true,false,true,false,true,false,true]}"),
        ("a: ['yes', \"no\", 'y']", "{\"a\":[\"yes\",\"no\",\"y\"]}"),
        ("[0x51, 0o17, 017, 08, 0b11, 1_000, +1, -0x10]", "[81,15,15,8,3,1000,1,-16]"),
        ("[1.5, .5, 1., 1e3, -2.5e-3, 1.2.3, .inf, 1:30]", "[1.5,0.5,1,1000,-0.0025,\"1.2.3\",\".inf\",\"1:30\"]"),
        (
            "[2026-01-02, 2026-01-02T03:04:05Z, ~, null, Null]",
            "[\"2026-01-02\",\"2026-01-02T03:04:05Z\",null,null,null]"
        ),
        ("1: a\ntrue: b\n", "{\"1\":\"a\",\"true\":\"b\"}"),
        ("a: &x {b: 1}\nc: *x\nd: {<<: *x, e: 2}", "{\"a\":{\"b\":1},\"c\":{\"b\":1},\"d\":{\"b\":1,\"e\":2}}"),
        ("a: |\n  x\n  y\nb: >\n  x\n  y\n", "{\"a\":\"x\\ny\\n\",\"b\":\"x y\\n\"}"),
        ("a: 1\n---\nb: 2\n", "{\"a\":1}"), ("a: !!str 1", "{\"a\":\"1\"}"), ("{\"a\": \"\\u00e9\"}", "{\"a\":\"é\"}"),
    ])
    func readsYAMLOneDotOne(yaml: String, expected: String) throws {
        #expect(try json(yaml) == expected)
    }

    @Test func failsInTheWordsOfGo() {
        #expect(failure(Array("a: [".utf8)) == "yaml: line 1: did not find expected node content")
        let binary: [UInt8] = [0x6B, 0x38, 0x73, 0x00, 0x0A]
        #expect(failure(binary) == "yaml: control characters are not allowed")
        #expect(failure(Array("a: *x".utf8)) == "yaml: unknown anchor 'x' referenced")
        #expect(failure(Array("a: b: c".utf8)) == "yaml: mapping values are not allowed in this context")
    }

    @Test func refusesBillionsOfAliases() {
        var text = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
        for level in 1..<9 {
            let list = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ",")
            text += "a\(level): &a\(level) [\(list)]\n"
        }
        #expect(failure(Array(text.utf8)) == "yaml: document contains excessive aliasing")
        #expect(failure(Array(String(repeating: "[", count: 5000).utf8)) != nil)
    }

    @Test func reportsRepeatedMembers() throws {
        let parsed = try YAML.parse(Array("a: {b: 1, b: 2}\nc: [{d: 1, d: 1}]".utf8))
        #expect(parsed.duplicateFields == ["a.b", "c[0].d"])
    }

    @Test func writesAsKubernetesDoes() {
        let value: Value = [
            "data": [
                "e": "", "k": "v", "m": "a\nb\n", "n": "1", "q": "it's \"q\"", "s": " x", "y": "yes",
                "t": "2026-01-02T03:04:05Z", "c": "a: b", "o": "off",
            ],
            "empty": [:], "items": [], "list": [["a": 1, "b": [2]], "x"], "z": .null,
        ]
        let expected = """
            data:
              c: 'a: b'
              e: ""
              k: v
              m: |
                a
                b
              "n": "1"
              o: "off"
              q: it's "q"
              s: ' x'
              t: "2026-01-02T03:04:05Z"
              "y": "yes"
            empty: {}
            items: []
            list:
            - a: 1
              b:
              - 2
            - x
            z: null

            """
        #expect(String(decoding: YAML.encode(value), as: UTF8.self) == expected)
    }

    @Test func foldsLongLines() {
        let message =
            "Service \"a\" is invalid: [spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive, spec.ports[0].targetPort: Invalid value: 0: must be between 1 and 65535, inclusive]"
        let expected = """
            message: 'Service "a" is invalid: [spec.ports[0].port: Invalid value: 0: must be between
              1 and 65535, inclusive, spec.ports[0].targetPort: Invalid value: 0: must be between
              1 and 65535, inclusive]'

            """
        #expect(String(decoding: YAML.encode(["message": .string(message)]), as: UTF8.self) == expected)
    }

    @Test func whatIsWrittenReadsBack() throws {
        var generator = SplitMix64(seed: 7)
        for _ in 0..<300 {
            let value = Value.object(["v": .random(depth: 3, &generator)])
            let text = String(decoding: YAML.encode(value), as: UTF8.self)
            #expect(try YAML.parse(Array(text.utf8)).value.jsonText == value.jsonText, "\(text)")
        }
    }
}
