import FairleadModel
import Testing

struct ConditionsTests {
    private let then = Timestamp(seconds: 1_800_000_000)
    private let now = Timestamp(seconds: 1_800_000_100)

    @Test func theTimeMovesWithTheStatusAlone() {
        var conditions = Conditions([])
        conditions.set("Ready", false, reason: "A", message: "a", now: then)
        conditions.set("Ready", false, reason: "B", message: "b", now: now)
        #expect(
            conditions.list == [
                [
                    "type": "Ready", "status": "False", "reason": "B", "message": "b",
                    "lastTransitionTime": .string(then.rfc3339),
                ]
            ])
        conditions.set("Ready", true, now: now)
        #expect(
            conditions["Ready"] == [
                "type": "Ready", "status": "True", "lastTransitionTime": .string(now.rfc3339),
            ])
    }

    @Test func aConditionKeepsItsPlaceUnlessItIsToBeTheLast() {
        var conditions = Conditions(of: ["status": ["conditions": [["type": "A"], ["type": "B"]]]])
        conditions.set("A", true, now: now)
        #expect(conditions.list.map { $0.text("type") } == ["A", "B"])
        conditions.set("A", true, now: now, movesLast: true)
        conditions.set("C", true, now: now)
        #expect(conditions.list.map { $0.text("type") } == ["B", "A", "C"])
        conditions.remove("A")
        #expect(conditions.list.map { $0.text("type") } == ["B", "C"])
        #expect(!conditions.isTrue("B") && conditions.isTrue("C") && conditions.status("D") == nil)
    }

    @Test func noneAreNoField() {
        #expect(Conditions(of: ["status": Value.null]).value == nil)
    }
}
