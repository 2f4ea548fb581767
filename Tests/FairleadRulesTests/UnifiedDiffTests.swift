import Testing

@testable import FairleadRules

struct UnifiedDiffTests {
    @Test func aDiffOfVeryDifferentTextsGivesAllLines() {
        let old = (0..<3000).map { Substring("a\($0)") }
        let new = (0..<3000).map { Substring("b\($0)") }
        let text = UnifiedDiff.text(from: ["x"] + old + ["y"], to: ["x"] + new + ["y"])
        #expect(text.hasPrefix("@@ -1,3002 +1,3002 @@\n x\n-a0\n"))
        #expect(text.hasSuffix("+b2999\n y\n"))
        #expect(UnifiedDiff.text(from: ["x"] + old + ["y"], to: ["x"] + old + ["z"]).hasSuffix("-y\n+z\n"))
    }
}
