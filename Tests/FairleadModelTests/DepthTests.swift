import FairleadRandomTesting
import Testing

@testable import FairleadModel

@Suite struct DepthTests {
    @Test(arguments: [
        ("1", 0), ("[]", 1), ("{}", 1), ("{\"a\":[1,{\"b\":2}],\"c\":3}", 3),
    ])
    func depthCountsListsAndObjects(text: String, depth: Int) throws {
        let value = try JSON.parse(Array(text.utf8)).value
        #expect(value.extent.depth == depth)
        #expect(!value.nests(deeperThan: depth))
        #expect(depth == 0 || value.nests(deeperThan: depth - 1))
    }

    @Test func everyWalkAtTheLimitGetsByWithASmallStack() async throws {
        try await SmallStack.run {
            for (open, close) in [("{\"a\":", "}"), ("[", "]")] {
                let text = nested(JSON.maximumStoredDepth, open: open, close: close)
                var value = try JSON.parse(Array(text.utf8), maximumDepth: JSON.maximumStoredDepth).value
                let same = try JSON.parse(Array(text.utf8), maximumDepth: JSON.maximumStoredDepth).value
                #expect(value == same)
                #expect(Set([value, same]).count == 1)
                #expect(value.jsonText == text)
                #expect(!YAML.encode(value).isEmpty)
                #expect(value.extent.depth == JSON.maximumStoredDepth)
                value = .null
            }
            let flow = nested(JSON.maximumDepth, open: "{a: ", close: "}")
            #expect(try YAML.parse(Array(flow.utf8)).value.extent.depth == JSON.maximumDepth)
        }
    }

    @Test(arguments: [
        nested(100_000, open: "[", close: "]"), nested(100_000, open: "{a: ", close: "}"),
        String(repeating: "- ", count: 100_000), String(repeating: "[", count: 100_000),
    ])
    func yamlThatNestsTooDeeplyIsRefused(text: String) {
        #expect(throws: YAML.ParseError.self) { try YAML.parse(Array(text.utf8)) }
    }

    @Test func aliasesDoNotNestDeeperThanWhatIsWritten() {
        let chain = (1...1000).map { "a\($0): &a\($0) [*a\($0 - 1)]\n" }.joined()
        #expect(throws: YAML.ParseError(message: "yaml: exceeded max depth")) {
            try YAML.parse(Array(("a0: &a0 [x]\n" + chain).utf8))
        }
    }

    @Test func aliasesOfLongTextsCountByTheirLength() throws {
        let text = "x: &x " + String(repeating: "A", count: 100_000) + "\n"
        func many(_ count: Int) -> [UInt8] { Array((text + (0..<count).map { "k\($0): *x\n" }.joined()).utf8) }
        #expect(try YAML.parse(many(10)).value.object?.count == 11)
        #expect(throws: YAML.ParseError(message: "yaml: document contains excessive aliasing")) {
            try YAML.parse(many(10_000))
        }
    }
}
