@testable import FairleadKindRules
import FairleadModel
import Testing

@testable import FairleadKinds

/// autoscaling/v1 and v2 say the same, in other places.
@Suite struct AutoscalerConversionTests {
    private func object(_ spec: Object, status: Value = ["currentMetrics": .null, "desiredReplicas": 0]) -> Value {
        ["apiVersion": "autoscaling/v2", "metadata": ["name": "h"], "spec": .object(spec), "status": status]
    }

    @Test func everyMetricComesBack() {
        let metrics: Value = [
            [
                "type": "Object",
                "object": [
                    "describedObject": ["kind": "Service", "name": "s", "apiVersion": "v1"],
                    "metric": ["name": "m", "selector": ["matchLabels": ["a": "b"]]],
                    "target": ["type": "Value", "value": "10"],
                ],
            ],
            [
                "type": "Resource",
                "resource": ["name": "memory", "target": ["type": "AverageValue", "averageValue": "1Gi"]],
            ],
            [
                "type": "ContainerResource",
                "containerResource": [
                    "name": "cpu", "container": "c", "target": ["type": "Utilization", "averageUtilization": 5],
                ],
            ],
            ["type": "External", "external": ["metric": ["name": "q"], "target": ["type": "Value", "value": "1k"]]],
            [
                "type": "Resource",
                "resource": ["name": "cpu", "target": ["type": "Utilization", "averageUtilization": 50]],
            ],
        ]
        let behavior: Value = [
            "scaleUp": ["selectPolicy": "Max", "policies": [["type": "Pods", "value": 4, "periodSeconds": 15]]]
        ]
        let status: Value = [
            "desiredReplicas": 3, "currentReplicas": 2,
            "currentMetrics": [
                [
                    "type": "Resource",
                    "resource": ["name": "cpu", "current": ["averageUtilization": 12, "averageValue": "1"]],
                ]
            ],
            "conditions": [
                [
                    "type": "AbleToScale", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z",
                    "reason": "R", "message": "m",
                ]
            ],
        ]
        let stored = object(["maxReplicas": 3, "metrics": metrics, "behavior": behavior], status: status)
        let old = AutoscalerConversion.toV1(stored)
        #expect(old.at("spec", "targetCPUUtilizationPercentage") == 50)
        #expect(old.at("status", "currentCPUUtilizationPercentage") == 12)
        #expect(old.annotations.count == 4)
        #expect(AutoscalerConversion.toV2(old) == stored)
    }

    @Test(arguments: [
        "x", "{}", "[1]", "[{\"type\":1}]", "[{\"type\":\"Pods\",\"pods\":{\"targetAverageValue\":\"x\"}}]",
        "[{\"type\":\"Pods\",\"pods\":[]}]",
        "[{\"type\":\"Object\",\"object\":{\"target\":{\"kind\":5},\"metricName\":\"m\",\"targetValue\":\"1\"}}]",
        "[{\"type\":\"Pods\",\"pods\":{\"targetAverageValue\":\"1\",\"selector\":{\"matchLabels\":{\"a\":1}}}}]",
    ])
    func brokenAnnotationsSayNothing(text: String) {
        var old = AutoscalerConversion.toV1(object(["maxReplicas": 3]))
        for name in ["metrics", "behavior"] {
            old.annotations["autoscaling.alpha.kubernetes.io/" + name] = text
        }
        #expect(AutoscalerConversion.toV2(old) == object(["maxReplicas": 3]))
    }
}
