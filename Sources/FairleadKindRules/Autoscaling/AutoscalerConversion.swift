package import FairleadModel
import FairleadRules

/// autoscaling/v1 has a field for CPU utilization only; everything else from v2 is kept as JSON in annotations.
///
/// Reference: k8s.io/kubernetes `pkg/apis/autoscaling/v1/conversion.go`.
package enum AutoscalerConversion {
    private static let prefix = "autoscaling.alpha.kubernetes.io/"
    private static let metrics = prefix + "metrics"
    private static let behavior = prefix + "behavior"
    private static let currentMetrics = prefix + "current-metrics"
    private static let conditions = prefix + "conditions"
    private static let annotations = [metrics, behavior, currentMetrics, conditions]

    package static func toV1(_ object: Value) -> Value {
        var result = object
        result["apiVersion"] = "autoscaling/v1"
        let spec = object["spec"] ?? .null
        let status = object["status"] ?? .null
        var notes = object.annotations
        for name in annotations { notes[name] = nil }
        let others = spec.items("metrics").filter { !isCPUUtilization($0) }
        if !others.isEmpty { notes[metrics] = MetricForm.specs.text(of: others) }
        let seen = status.items("currentMetrics")
        if !seen.isEmpty { notes[currentMetrics] = MetricForm.statuses.text(of: seen) }
        let said = status.items("conditions")
        if !said.isEmpty {
            let texts = said.map {
                $0.jsonText(membersInOrder: ["type", "status", "lastTransitionTime", "reason", "message"])
            }
            notes[conditions] = "[" + texts.joined(separator: ",") + "]"
        }
        if let rules = spec["behavior"] {
            notes[behavior] = InternalForm.text(of: rules, as: "HorizontalPodAutoscalerBehavior")
        }
        result.annotations = notes

        result.change("spec") { spec in
            let cpu = spec.items("metrics").first { isCPU($0) }
            spec["metrics"] = nil
            spec["behavior"] = nil
            spec["targetCPUUtilizationPercentage"] = cpu?.at("resource", "target", "averageUtilization")
        }
        var short: Object = [
            "currentReplicas": status["currentReplicas"] ?? 0, "desiredReplicas": status["desiredReplicas"] ?? 0,
        ]
        for field in ["observedGeneration", "lastScaleTime"] { short[field] = status[field] }
        let used = seen.last { isCPU($0) && $0.at("resource", "current", "averageUtilization") != nil }
        short["currentCPUUtilizationPercentage"] = used?.at("resource", "current", "averageUtilization")
        result["status"] = .object(short)
        return result
    }

    package static func toV2(_ object: Value) -> Value {
        var result = object
        result["apiVersion"] = "autoscaling/v2"
        var notes = object.annotations
        let cpu = object.at("spec", "targetCPUUtilizationPercentage").map { percentage -> Value in
            [
                "type": "Resource",
                "resource": [
                    "name": "cpu", "target": ["type": "Utilization", "averageUtilization": percentage],
                ],
            ]
        }
        // Anything that is not JSON, or not of the expected form, is ignored.
        let others = notes[metrics].flatMap { MetricForm.specs.read($0) } ?? []
        let all = others + (cpu.map { [$0] } ?? [])
        var spec = object["spec"] ?? .object(Object())
        spec["targetCPUUtilizationPercentage"] = nil
        if !all.isEmpty { spec["metrics"] = .array(all) }
        if let rules = notes[behavior].flatMap({ BehaviorForm.read($0) }) { spec["behavior"] = rules }
        result["spec"] = spec

        result.change("status") { status in
            let used = status["currentCPUUtilizationPercentage"]
            status["currentCPUUtilizationPercentage"] = nil
            if status.number("currentReplicas") == 0 { status["currentReplicas"] = nil }
            status.setDefault("desiredReplicas", 0)
            let seen = notes[currentMetrics].flatMap { MetricForm.statuses.read($0) } ?? []
            let cpu = used.map { used -> Value in
                ["type": "Resource", "resource": ["name": "cpu", "current": ["averageUtilization": used]]]
            }
            status["currentMetrics"] = seen.isEmpty ? cpu.map { [$0] } ?? .null : .array(seen)
            if let said = notes[conditions].flatMap({ ConditionForm.read($0) }) { status["conditions"] = said }
        }
        for name in annotations { notes[name] = nil }
        result.annotations = notes
        return result
    }

    private static func isCPU(_ metric: Value) -> Bool {
        metric.text("type") == "Resource" && metric.at("resource", "name")?.string == "cpu"
    }

    private static func isCPUUtilization(_ metric: Value) -> Bool {
        isCPU(metric) && metric.at("resource", "target", "averageUtilization") != nil
    }
}
