import FairleadModel
import FairleadRandomTesting
import Testing

@Suite struct JSONTests {
    private func parse(_ text: String) throws -> Value { try JSON.parse(Array(text.utf8)).value }

    private func failure(_ bytes: [UInt8]) -> String? {
        do {
            _ = try JSON.parse(bytes)
            return nil
        } catch {
            return error.message
        }
    }

    @Test(arguments: [
        ("{\"b\":1,\"a\":[true,false,null]}", "{\"a\":[true,false,null],\"b\":1}"),
        (" [ 1 , -2 ,\t3\n] ", "[1,-2,3]"),
        ("\"\\u00e9\\ud83d\\ude00\\n\\/\"", "\"é😀\\n/\""),
        ("\"\\ud800x\\udc00\"", "\"\u{FFFD}x\u{FFFD}\""),
        ("\"\\ud800\\ud83d\\ude00\"", "\"\u{FFFD}😀\""),
        ("9223372036854775807", "9223372036854775807"), ("-9223372036854775808", "-9223372036854775808"),
        ("9223372036854775808", "9223372036854776000"), ("-0", "0"), ("1.0", "1"), ("1e3", "1000"),
        ("0.000001", "0.000001"), ("1e-7", "1e-7"), ("1e21", "1e+21"),
        ("123456789012345680000", "123456789012345680000"),
        ("-1.5e-9", "-1.5e-9"), ("3.14", "3.14"), ("1E+2", "100"), ("0.1", "0.1"), ("5e-324", "5e-324"),
        (
            "{\"status\":1,\"metadata\":{},\"apiVersion\":\"v1\",\"kind\":\"X\"}",
            "{\"kind\":\"X\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":1}"
        ),
        ("\"\u{1}\\\"\\\\\u{7f}<>&\"", "\"\\u0001\\\"\\\\\u{7f}<>&\""),
    ])
    func writesWhatItReadCanonically(source: String, expected: String) throws {
        let escaped = source.replacing("\u{1}", with: "\\u0001")
        #expect(try parse(escaped).jsonText == expected)
    }

    @Test func integersAndFloatsStayApart() throws {
        #expect(try parse("1") == .int(1))
        #expect(try parse("1.0") == .double(1))
        #expect(try parse("9223372036854775808") == .double(9_223_372_036_854_775_808))
        #expect(try parse("-9223372036854775809") == .double(-9_223_372_036_854_775_808))
        #expect(try parse("99999999999999999999999") == .double(1e23))
    }

    @Test(arguments: [
        ("", "unexpected end of JSON input"), ("  ", "unexpected end of JSON input"),
        ("{", "unexpected end of JSON input"), ("[1", "unexpected end of JSON input"),
        ("\"abc", "unexpected end of JSON input"), ("tru", "unexpected end of JSON input"),
        ("-", "unexpected end of JSON input"), ("1.", "unexpected end of JSON input"),
        ("k8s", "invalid character 'k' looking for beginning of value"),
        ("{a", "invalid character 'a' looking for beginning of object key string"),
        ("{\"a\":1,}", "invalid character '}' looking for beginning of object key string"),
        ("[1,]", "invalid character ']' looking for beginning of value"),
        ("{\"a\" 1}", "invalid character '1' after object key"),
        ("{\"a\":1 \"b\"}", "invalid character '\"' after object key:value pair"),
        ("[1 2]", "invalid character '2' after array element"),
        ("1 2", "invalid character '2' after top-level value"),
        ("01", "invalid character '1' after top-level value"),
        ("trux", "invalid character 'x' in literal true (expecting 'e')"),
        ("\"\\q\"", "invalid character 'q' in string escape code"),
        ("\"\\u12g4\"", "invalid character 'g' in \\u hexadecimal character escape"),
        ("\"a\nb\"", "invalid character '\\n' in string literal"),
        ("-x", "invalid character 'x' in numeric literal"),
        ("1.x", "invalid character 'x' after decimal point in numeric literal"),
        ("1ex", "invalid character 'x' in exponent of numeric literal"),
        ("'", "invalid character '\\'' looking for beginning of value"),
        ("1e999", "json: cannot unmarshal number 1e999 into Go value of type float64"),
    ])
    func failsInTheWordsOfGo(source: String, message: String) {
        #expect(failure(Array(source.utf8)) == message)
    }

    @Test func refusesBytesThatAreNoUTF8() {
        for bytes: [UInt8] in [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xE2, 0x82], [0xF5, 0x80, 0x80, 0x80]] {
            #expect(failure([0x22] + bytes + [0x22]) != nil)
            #expect(failure([0x22, 0x5C, 0x6E] + bytes + [0x22]) != nil)
        }
        #expect(failure([0x9E]) == "invalid character '\\u009e' looking for beginning of value")
    }

    @Test func refusesTooDeepNesting() {
        let depth = JSON.maximumDepth
        #expect(failure(Array(String(repeating: "[", count: depth).utf8)) == "unexpected end of JSON input")
        #expect(failure(Array(String(repeating: "[", count: depth + 1).utf8)) == "exceeded max depth")
        #expect(failure(Array(String(repeating: "{\"a\":", count: 100_000).utf8)) == "exceeded max depth")
    }

    @Test func reportsRepeatedMembersInTheirOrderAndKeepsTheLast() throws {
        let text =
            "{\"z\":{\"k\":1,\"k\":2},\"spec\":{\"ports\":[{\"a\":1},{\"b\":1,\"a\":1,\"b\":{},\"b\":3}]},\"z\":{\"k\":1,\"q\":2}}"
        let parsed = try JSON.parse(Array(text.utf8))
        #expect(parsed.duplicateFields == ["z.k", "spec.ports[1].b", "z"])
        #expect(parsed.value.jsonText == "{\"spec\":{\"ports\":[{\"a\":1},{\"a\":1,\"b\":3}]},\"z\":{\"k\":1,\"q\":2}}")
    }

    @Test func everyPrefixOfADocumentEndsTooEarly() throws {
        let text = "{\"a\":[1.5e+3,\"x\\u00e9\\n\",{\"b\":null,\"ü\":true}],\"c\":-12}"
        let bytes = Array(text.utf8)
        _ = try JSON.parse(bytes)
        for end in bytes.indices {
            #expect(failure(Array(bytes[..<end])) == "unexpected end of JSON input", "\(end) bytes")
        }
    }

    @Test func damagedBytesNeverCrashAndGoodTreesComeBack() throws {
        var generator = SplitMix64(seed: 20_260_102)
        for _ in 0..<400 {
            let value = Value.random(depth: 4, &generator)
            let bytes = value.jsonBytes
            #expect(try JSON.parse(bytes).value == value)
            var damaged = bytes
            for _ in 0..<3 where !damaged.isEmpty {
                let index = Int.random(in: damaged.indices, using: &generator)
                damaged[index] = UInt8.random(in: 0...255, using: &generator)
                if let parsed = try? JSON.parse(damaged) {
                    #expect(try JSON.parse(parsed.value.jsonBytes).value.jsonText == parsed.value.jsonText)
                }
            }
        }
    }

    /// Each special byte at each place of texts of all short lengths: eight bytes are looked at at a time.
    @Test func everyByteIsFoundWhereverItStands() throws {
        for length in 0..<20 {
            for place in 0...length {
                for special in ["\"", "\\", "\u{1}", "\n", "\u{1F}", " ", "!", "#", "[", "]", "\u{7F}", "é", "\u{80}"] {
                    let text =
                        String(repeating: "x", count: place) + special + String(repeating: "y", count: length - place)
                    let written = Value.string(text).jsonText
                    #expect(try parse(written) == .string(text), "\(written)")
                    let isEscaped = written.dropFirst(place + 1).first == "\\"
                    #expect(isEscaped == (special < " " || special == "\"" || special == "\\"), "\(written)")
                    guard special < " " else { continue }
                    #expect(failure(Array("\"\(text)\"".utf8))?.contains("in string literal") == true)
                }
            }
        }
    }

    @Test func documentLeavesAGapForTheRevision() throws {
        let object: Value = [
            "spec": ["a": 1], "kind": "K", "metadata": ["name": "x", "resourceVersion": "7", "annotations": [:]],
            "apiVersion": "v1",
        ]
        let document = Document(object)
        let stored = StoredObject(
            key: ObjectKey(GroupResource(group: "", resource: "ks"), namespace: "", name: "x"), document: document,
            revision: 42, createRevision: 41)
        let expected =
            "{\"kind\":\"K\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\"42\",\"annotations\":{},\"name\":\"x\"},\"spec\":{\"a\":1}}"
        #expect(String(decoding: stored.bytes, as: UTF8.self) == expected)
        #expect(stored.value.resourceVersion == 42)
        #expect(try JSON.parse(stored.bytes).value == stored.value)
    }
}

extension Value {
    static func random(depth: Int, _ generator: inout SplitMix64) -> Value {
        switch Int.random(in: 0..<(depth > 0 ? 8 : 6), using: &generator) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &generator))
        case 2:
            return .int(
                Int64.random(in: .min ... .max, using: &generator) >> Int64.random(in: 0..<63, using: &generator))
        case 3:
            let number = Double(bitPattern: generator.next())
            // A float that is whole prints like an integer, so it would come back as one.
            return number.isFinite && number.magnitude < 1e15 && number.rounded() != number
                ? .double(number) : .double(0.5)
        case 4, 5: return .string(randomText(&generator))
        case 6:
            return .array(
                (0..<Int.random(in: 0..<5, using: &generator)).map { _ in random(depth: depth - 1, &generator) })
        default:
            var object = Object()
            for _ in 0..<Int.random(in: 0..<6, using: &generator) {
                object[randomText(&generator)] = random(depth: depth - 1, &generator)
            }
            return .object(object)
        }
    }

    private static func randomText(_ generator: inout SplitMix64) -> String {
        let alphabet: [Character] = Array("abcxyz019 -_./:\"\\\n\t\u{1}é漢😀#'{}[],&*!|>%@`~")
        return String(
            (0..<Int.random(in: 0..<12, using: &generator)).compactMap { _ in alphabet.randomElement(using: &generator)
            })
    }
}

@Suite struct ObjectTests {
    @Test func buildsAndMergesManyMembers() throws {
        // Quadratic work would take minutes here.
        let count = 15_000
        let large = Object((0..<count).reversed().map { ("b\($0)", .int(Int64($0))) })
        #expect(large.count == count && large["b14999"] == 14999)
        let other = Object((0..<count).map { ("a\($0)", .int(1)) })
        let merged = large.merging(other) { _, mine, theirs in mine ?? theirs }
        #expect(merged.count == 2 * count && merged.members.first?.key == "a0")
        #expect(try JSON.parse(Value.object(merged).jsonBytes).value == .object(merged))
    }

    @Test func lastOfEqualKeysWinsAndOrderIsByKey() {
        let object = Object([("b", 1), ("a", 2), ("b", 3)])
        #expect(Array(object.keys) == ["a", "b"] && object["b"] == 3)
        let merged = object.merging(["a": 9, "c": .null, "0": 1]) { _, mine, theirs in mine == nil ? theirs : nil }
        #expect(Value.object(merged).jsonText == "{\"0\":1,\"b\":3,\"c\":null}")
    }

    @Test func absentMembersAreAbsent() {
        var object: Object = ["a": .null]
        #expect(object.removeValue(forKey: "b") == nil)
        #expect(object["a"] == .null)
        #expect(object.removeValue(forKey: "a") == .null)
        var value: Value = ["metadata": ["labels": ["a": "b"]]]
        value.labels = [:]
        value.generation = 0
        value["spec"] = nil
        #expect(value == ["metadata": [:]])
        value["metadata"]?["name"] = "x"
        #expect(value.name == "x")
    }

    @Test(arguments: [
        (#"{"d":{"a":[1,"x"],"b":null}}"#, true), (#"{ "d" : {"a":1} , "e": [ ] }"#, true), (#"{"e": { }}"#, true),
        (#"{"d":1}"#, true), (#"{"d": -1e3 }"#, true), (#"{"d":"a b\"<"}"#, false), (#"{"d":"a b \" c"}"#, true),
        (#"{"d":{"a": 1}}"#, false), (#"{"d":[1, 2],"e":1}"#, false), (#"{"d":{"a":"&"}}"#, false),
        (#"{"d":{"a":"\u003c"}}"#, true), ("{\"d\":[\"\u{2028}\"]}", false), ("{\"d\":[\"\u{2027}\"]}", true),
        (#"{"d":{"a": 1},"d":{"a":1}}"#, true), (#"{"d":{"a":1},"d":{"a": 1}}"#, false),
        (#"{"x":{"d":[1, 2]},"d":true}"#, true), ("{\"d\":{\n}}", false), ("{}", true),
    ])
    func spellingOfAMember(document: String, isLikeGo: Bool) throws {
        _ = try JSON.parse(Array(document.utf8))
        #expect(JSON.isSpelledLikeGo(Array(document.utf8), member: "d") == isLikeGo)
    }

    @Test(arguments: [
        (#"{"a":1,"d":"x\"}","e":2}"#, #"{"a":1,"e":2}"#), (#"{"d" : "x" }"#, "{}"),
        (#"{"d":"x","d":{"d":"y"}}"#, #"{"d":{}}"#),
        (#"[{"d":"x"},{"d":1},{"e":"d"}]"#, #"[{},{"d":1},{"e":"d"}]"#), (#"{"d":"x",}"#, nil), (#"{"d":"x"#, nil),
        (#"{"d":"x\"#, nil), (#"{"d":"x" 1}"#, nil),
    ])
    func textThatIsIgnored(document: String, expected: String?) {
        let bytes = Array(document.utf8)
        // What cannot be read is not read: the error is the same with and without it.
        let value = try? JSON.parse(bytes[...], ignoring: "d").value
        #expect(value?.jsonText == expected)
    }
}
