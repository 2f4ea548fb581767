import FairleadKindRules
import FairleadModel
import Testing

@testable import FairleadKinds

/// LimitRanges: what is wrong with them, and what they refuse.
struct LimitRangeTests {
    @Test(
        arguments: [
            (
                ["type": "PersistentVolumeClaim"],
                [
                    "limits: Required value: either minimum or maximum storage value is required, but neither was provided"
                ]
            ),
            (["type": "a b"], ["type: Invalid value: \"a b\": \(NameRules.qualifiedName("a b")[0])"]),
            (["type": "Odd"], ["type: Invalid value: \"Odd\": must be a standard limit type or fully qualified"]),
            (
                ["type": "Container", "max": ["pods": "1"]],
                ["max[pods]: Invalid value: \"pods\": must be a standard resource for containers"]
            ),
            (
                ["type": "Container", "maxLimitRequestRatio": ["cpu": "4"], "min": ["cpu": "1"], "max": ["cpu": "2"]],
                ["maxLimitRequestRatio[cpu]: Invalid value: \"4\": ratio 4 is greater than max/min = 2.000000"]
            ),
            (
                [
                    "type": "Container", "default": ["hugepages-2Mi": "4Mi"],
                    "defaultRequest": ["hugepages-2Mi": "2Mi"],
                ],
                [
                    "defaultRequest[hugepages-2Mi]: Invalid value: \"2Mi\": default value 4Mi must equal to "
                        + "defaultRequest value 2Mi in hugepages-2Mi"
                ]
            ),
            (
                ["type": "Pod", "default": ["cpu": "1"]],
                ["default: Forbidden: may not be specified when `type` is 'Pod'"]
            ),
        ] as [(Value, [String])])
    func limitsThatMakeNoSense(limit: Value, expected: [String]) {
        let range: Value = ["spec": ["limits": [limit]]]
        #expect(
            LimitRangeValidation.errors(range).map(\.description) == expected.map { "spec.limits[0].\($0)" })
    }

    private func range(_ limits: Value...) -> Value { ["spec": ["limits": .array(limits)]] }

    @Test func onlyTheFirstLimitRangeThatRefusesIsHeard() {
        let pod: Value = [
            "spec": [
                "containers": [
                    ["name": "c", "resources": ["requests": ["cpu": "100m"], "limits": ["cpu": "250m"]]],
                    ["name": "d", "resources": ["requests": ["cpu": "100m"], "limits": ["cpu": "250m"]]],
                ]
            ]
        ]
        let strict = range(
            ["type": "Container", "maxLimitRequestRatio": ["cpu": "2"]], ["type": "Pod", "max": ["cpu": "400m"]])
        let lavish = range(["type": "Container", "max": ["cpu": "1"]])
        #expect(
            LimitRanger.refusal(of: pod, by: [lavish, strict, strict])
                == "[cpu max limit to request ratio per Container is 2, but provided ratio is 2.500000, maximum cpu usage "
                + "per Pod is 400m, but limit is 500m]")
        #expect(LimitRanger.refusal(of: pod, by: [lavish]) == nil)
    }

    @Test func tolerationsThatAnotherOneCoversAreLeftOut() {
        let wide: Value = ["key": "k", "operator": "Exists"]
        let narrow: Value = ["key": "k", "operator": "Equal", "value": "v", "effect": "NoSchedule"]
        let other: Value = ["key": "l", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 30]
        var longer = other
        longer["tolerationSeconds"] = 60
        #expect(TolerationMerge.merged([narrow, wide, other, wide]) == [wide, other])
        #expect(TolerationMerge.merged([other, longer]) == [longer])
        #expect(TolerationMerge.merged([["operator": "Exists"], narrow, other]) == [["operator": "Exists"]])
    }
}
