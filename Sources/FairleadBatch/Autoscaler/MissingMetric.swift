import FairleadModel

/// Why a metric cannot be read, in the words of kube-controller-manager.
struct MissingMetric: Error {
    let reason: String
    /// The message of the condition and of the event about the metric.
    let problem: String
    /// The message of the event about the computation.
    let summary: String

    /// - Parameter fault: why the number of replicas cannot be computed from what is there; nil if nobody serves metrics.
    init(_ metric: Value, namespace: String, fault: MetricFault? = nil) {
        let type = metric["type"]?.string ?? ""
        switch type {
        case "Resource", "ContainerResource":
            let field = type == "Resource" ? "resource" : "containerResource"
            let source = metric[field] ?? .null
            let name = source["name"]?.string ?? ""
            let what = source.at("target", "averageUtilization") == nil ? "usage" : "utilization"
            reason = type == "Resource" ? "FailedGetResourceMetric" : "FailedGetContainerResourceMetric"
            let why =
                fault?.message
                ?? "unable to get metrics for resource \(name): unable to fetch metrics from resource metrics API: "
                + "the server could not find the requested resource (get pods.metrics.k8s.io)"
            problem = "failed to get \(name) \(what): \(why)"
            summary =
                type == "Resource"
                ? "failed to get \(name) resource metric value: \(problem)"
                : "failed to get \(name) container metric value: \(problem)"
        case "Pods":
            let name = metric.at("pods", "metric")?["name"]?.string ?? ""
            reason = "FailedGetPodsMetric"
            problem =
                "unable to get metric \(name): unable to fetch metrics from custom metrics API: no custom metrics API "
                + "(custom.metrics.k8s.io) registered"
            summary = "failed to get pods metric value: \(problem)"
        case "Object":
            let source = metric["object"] ?? .null
            let name = source.at("metric", "name")?.string ?? ""
            let object = source["describedObject"] ?? .null
            reason = "FailedGetObjectMetric"
            problem =
                "unable to get metric \(name): \(object["kind"]?.string ?? "") on \(namespace) "
                + "\(object["name"]?.string ?? "")/unable to fetch metrics from custom metrics API: no custom metrics "
                + "API (custom.metrics.k8s.io) registered"
            summary = "failed to get object metric value: \(problem)"
        default:
            let source = metric["external"] ?? .null
            let name = source.at("metric", "name")?.string ?? ""
            reason = "FailedGetExternalMetric"
            problem =
                "unable to get external metric \(namespace)/\(name)/\(Value.goText(ofSelector: source.at("metric", "selector"))): "
                + "unable to fetch metrics from external metrics API: no external metrics API "
                + "(external.metrics.k8s.io) registered"
            summary = "failed to get \(name) external metric value: failed to get \(name) external metric: \(problem)"
        }
    }
}
