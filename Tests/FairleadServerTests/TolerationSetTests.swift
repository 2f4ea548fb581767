import FairleadModel
import FairleadRandomTesting
import Testing

@testable import FairleadServer

/// Against a pairwise comparison, which is slow and plain.
@Suite struct TolerationSetTests {
    /// Whether the first one tolerates all that the second one does.
    private func includes(_ wide: Value, _ narrow: Value) -> Bool {
        if wide == narrow { return true }
        if wide.text("key") != narrow.text("key"), !wide.text("key").isEmpty || wide.text("operator") != "Exists" {
            return false
        }
        if wide.text("effect") != narrow.text("effect"), !wide.text("effect").isEmpty { return false }
        if wide.text("effect") == "NoExecute", let limit = wide["tolerationSeconds"]?.int {
            guard let seconds = narrow["tolerationSeconds"]?.int, seconds <= limit else { return false }
        }
        if wide.text("operator") == "Exists" { return true }
        return narrow.text("operator") == "Equal" && wide.text("value") == narrow.text("value")
    }

    private func merged(_ all: [Value]) -> [Value] {
        var result: [Value] = []
        for (index, toleration) in all.enumerated() {
            let isLess = all[(index + 1)...].contains { $0 != toleration && includes($0, toleration) }
            if !isLess, !result.contains(where: { includes($0, toleration) }) { result.append(toleration) }
        }
        return result
    }

    private func some(_ random: inout SplitMix64) -> [Value] {
        (0..<Int.random(in: 0...8, using: &random)).map { _ in
            let effect = ["", "NoSchedule", "NoExecute"].randomElement(using: &random) ?? ""
            var toleration: Value = ["operator": "Exists"]
            if Bool.random(using: &random) {
                toleration = ["operator": "Equal", "value": Bool.random(using: &random) ? "a" : "b"]
            }
            if Bool.random(using: &random) || toleration.text("operator") == "Equal" {
                toleration["key"] = Bool.random(using: &random) ? "x" : "y"
            }
            if !effect.isEmpty { toleration["effect"] = .string(effect) }
            if effect == "NoExecute", Bool.random(using: &random) {
                toleration["tolerationSeconds"] = .int(Int64.random(in: 0...2, using: &random))
            }
            return toleration
        }
    }

    @Test func mergesLikePairwiseComparison() {
        var random = SplitMix64(seed: 7)
        for _ in 0..<20_000 {
            let all = some(&random)
            #expect(TolerationSet.merged(all) == merged(all))
            let allowed = some(&random)
            let set = TolerationSet(allowed)
            for toleration in all {
                #expect(set.includes(toleration) == allowed.contains { includes($0, toleration) })
            }
        }
    }
}
