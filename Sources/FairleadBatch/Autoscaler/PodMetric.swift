import FairleadModel

/// What a pod, or one container of it, uses of a resource.
struct PodMetric: Hashable, Sendable {
    /// In thousandths.
    var value: Int64
    var timestamp: Timestamp?
    /// The time over which it was measured.
    var window: Double

    /// The metrics of all pods by name, from objects of metrics.k8s.io.
    ///
    /// - Parameter container: only this container; nil for the sum of all.
    static func all(
        of resource: String, container: String?, in metrics: [Value], namespace: String
    ) throws(MetricFault) -> [String: PodMetric] {
        if metrics.isEmpty { throw MetricFault("no metrics returned from resource metrics API") }
        var result: [String: PodMetric] = [:]
        for item in metrics {
            var sum: Int64 = 0
            var isComplete = true
            var hasContainer = container == nil
            for entry in item.items("containers") where container == nil || entry.text("name") == container {
                hasContainer = true
                if let usage = entry.at("usage", resource)?.string.flatMap({ Quantity($0) }) {
                    sum = sum +| usage.milliValue
                } else {
                    isComplete = false
                }
            }
            if !hasContainer {
                throw MetricFault(
                    "container \(container ?? "") not present in metrics for pod \(namespace)/\(item.name)")
            }
            guard isComplete else { continue }
            // Whoever serves metrics says how they were measured; without that they count as of now.
            let window = (try? GoDuration.parse(item.text("window"))) ?? .zero
            result[item.name] = PodMetric(
                value: sum, timestamp: Timestamp(rfc3339: item.text("timestamp")), window: window / .seconds(1))
        }
        return result
    }
}

/// Why a number of replicas cannot be computed, in the words of kube-controller-manager.
struct MetricFault: Error, Hashable {
    let message: String

    init(_ message: String) { self.message = message }
}
