import FairleadModel
import FairleadRandomTesting
import FairleadSchema
import Testing

@testable import FairleadMerge

struct ApplyFieldSetTests {
    private static let types: TypeRegistry? = try? TypeRegistry.builtIn()

    @Test(arguments: [
        #"{"f:data":{".":{},"f:a.b/c":{},"f:x":{}}}"#,
        #"{"f:spec":{"f:ports":{"k:{\"port\":443,\"protocol\":\"TCP\"}":{".":{},"f:port":{}},"k:{\"port\":80,\"protocol\":\"TCP\"}":{}}}}"#,
        #"{"f:metadata":{"f:finalizers":{"v:\"a\\\"b/<c>\"":{}}}}"#.replacing("<c>", with: #"\\u003cc\\u003e"#),
        #"{"f:list":{"i:0":{},"i:12":{".":{},"f:a":{}}}}"#,
        #"{}"#,
    ])
    func fieldsV1IsReadAndWrittenAlike(text: String) throws {
        let value = try JSON.parse(Array(text.utf8)).value
        let set = try #require(FieldSet(fieldsV1: value))
        #expect(set.fieldsV1 == value)
        #expect(set.fieldsV1.jsonText == text)
    }

    @Test(arguments: [
        #"{"x":{}}"#, #"{"g:a":{}}"#, #"{"i:x":{}}"#, #"{"k:1":{}}"#, #"{"v:{":{}}"#, #"{"f:a":1}"#, "[]",
    ])
    func whatIsNoFieldsV1IsRefused(text: String) throws {
        #expect(FieldSet(fieldsV1: try JSON.parse(Array(text.utf8)).value) == nil)
    }

    /// Each pair: an object and the set of its fields.
    @Test(arguments: [
        (
            "ConfigMap", #"{"data":{"a":"1"},"metadata":{"labels":{}}}"#,
            #"{"f:data":{"f:a":{}},"f:metadata":{"f:labels":{}}}"#
        ),
        ("ConfigMap", #"{"data":null}"#, #"{"f:data":{}}"#),
        (
            "Service", #"{"spec":{"selector":{"a":"b"},"ports":[{"port":80,"name":"x"}],"externalIPs":["1.2.3.4"]}}"#,
            #"{"f:spec":{"f:externalIPs":{},"f:ports":{"k:{\"port\":80,\"protocol\":\"TCP\"}":{".":{},"f:name":{},"f:port":{}}},"f:selector":{}}}"#
        ),
        (
            "Pod",
            #"{"metadata":{"finalizers":["a","b"]},"spec":{"containers":[{"name":"c","command":["x"],"resources":{"limits":{"cpu":"1"}}}]}}"#,
            #"{"f:metadata":{"f:finalizers":{"v:\"a\"":{},"v:\"b\"":{}}},"f:spec":{"f:containers":{"k:{\"name\":\"c\"}":{".":{},"f:command":{},"f:name":{},"f:resources":{"f:limits":{"f:cpu":{}}}}}}}"#
        ),
    ])
    func fieldsOfAnObjectFollowItsSchema(kind: String, object: String, expected: String) throws {
        let types = try #require(Self.types)
        let type = try #require(types.type(kind: kind, apiVersion: "v1"))
        let set = FieldSet.of(try JSON.parse(Array(object.utf8)).value, type, types)
        #expect(set.fieldsV1.jsonText == expected)
    }

    @Test func operationsOnSetsAgreeWithThoseOnPaths() {
        var random = SplitMix64(seed: 7)
        for _ in 0..<300 {
            let (left, right) = (Self.paths(&random), Self.paths(&random))
            let (first, second) = (FieldSet(Array(left)), FieldSet(Array(right)))
            #expect(Set(first.union(second).paths) == left.union(right))
            #expect(Set(first.intersection(second).paths) == left.intersection(right))
            #expect(Set(first.subtracting(second).paths) == left.subtracting(right))
            let outside = left.filter { path in !path.indices.contains { right.contains(Array(path[...$0])) } }
            #expect(Set(first.subtractingTrees(second).paths) == outside)
            #expect(FieldSet(fieldsV1: first.fieldsV1) == first)
            #expect(left.allSatisfy(first.contains))
        }
    }

    private static func paths(_ random: inout SplitMix64) -> Set<[PathElement]> {
        var result: Set<[PathElement]> = []
        for _ in 0..<random.below(8) {
            result.insert((0...random.below(3)).map { _ in element(&random) })
        }
        return result
    }

    private static func element(_ random: inout SplitMix64) -> PathElement {
        let number = random.below(3)
        return switch random.below(4) {
        case 0: .key([.init(name: "port", value: .int(Int64(number * 79)))])
        case 1: .value(.string("v\(number)"))
        case 2: .index(number)
        default: .field("f\(number)")
        }
    }
}
