import FairleadModel
import Testing

@testable import FairleadKindRules

struct FlowControlValidationTests {
    private func level(_ queuing: Value) -> Value {
        [
            "metadata": ["name": "l"],
            "spec": [
                "type": "Limited",
                "limited": [
                    "nominalConcurrencyShares": 1, "limitResponse": ["type": "Queue", "queuing": queuing],
                ],
            ],
        ]
    }

    @Test(arguments: [
        (64, 8, []), (10_000_000, 2, []), (10_000_001, 1, ["queues"]), (1024, 7, ["handSize"]), (2, 3, ["handSize"]),
        (0, 0, ["queues", "handSize"]),
    ])
    func aHandIsDealtFromOneHash(queues: Int64, hand: Int64, wrong: [String]) {
        let errors = PriorityLevelValidation.errors(
            for: level(["queues": .int(queues), "handSize": .int(hand), "queueLengthLimit": 50]))
        #expect(errors.map(\.field) == wrong.map { "spec.limited.limitResponse.queuing.\($0)" })
    }

    @Test func starsStandAlone() {
        let rule: Value = [
            "subjects": [["kind": "User", "user": ["name": "*"], "group": ["name": "g"]]],
            "resourceRules": [
                ["verbs": ["*", "get"], "apiGroups": ["*", ""], "resources": ["a", "*"], "namespaces": ["*", "n"]]
            ],
            "nonResourceRules": [["verbs": ["get"], "nonResourceURLs": ["/a*", "/a/*", "/", "//", "/ "]]],
        ]
        let schema: Value = [
            "metadata": ["name": "s"],
            "spec": [
                "matchingPrecedence": 1, "priorityLevelConfiguration": ["name": "p"], "rules": [rule],
            ],
        ]
        let start = "spec.rules[0]"
        #expect(
            FlowSchemaValidation.errors(for: schema).map(\.field) == [
                "spec.matchingPrecedence", "\(start).subjects[0].group", "\(start).resourceRules[0].verbs",
                "\(start).resourceRules[0].apiGroups", "\(start).resourceRules[0].resources",
                "\(start).resourceRules[0].namespaces", "\(start).nonResourceRules[0].nonResourceURLs[0]",
                "\(start).nonResourceRules[0].nonResourceURLs[3]", "\(start).nonResourceRules[0].nonResourceURLs[4]",
            ])
    }
}
