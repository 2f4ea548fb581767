import FairleadModel

/// What one metric of an autoscaler says. Pure.
struct MetricReading {
    struct Result {
        var replicas: Int64
        /// Its name in messages.
        var metric: String
        /// Its entry in `status.currentMetrics`.
        var status: Value
    }

    let autoscaler: Value
    let current: Int64
    let selector: LabelSelector
    /// The pods of the target.
    let pods: [Value]
    /// What the pods of the namespace use; nil if nobody serves that.
    let metrics: [Value]?
    let now: Timestamp

    func read(_ spec: Value) -> Swift.Result<Result, MissingMetric> {
        let namespace = autoscaler.namespace
        let type = spec.text("type")
        guard type == "Resource" || type == "ContainerResource", let metrics else {
            return .failure(MissingMetric(spec, namespace: namespace))
        }
        let source = spec[type == "Resource" ? "resource" : "containerResource"] ?? .null
        do throws(MetricFault) {
            return .success(try measure(source, metrics.filter { selector.matches($0.labels) }))
        } catch {
            return .failure(MissingMetric(spec, namespace: namespace, fault: error))
        }
    }

    private func measure(_ source: Value, _ metrics: [Value]) throws(MetricFault) -> Result {
        let name = source.text("name")
        let container = source["container"]?.string
        let values: [String: PodMetric]
        do {
            values = try PodMetric.all(
                of: name, container: container, in: metrics, namespace: autoscaler.namespace)
        } catch {
            throw MetricFault("unable to get metrics for resource \(name): \(error.message)")
        }
        let calculator = ReplicaCalculator(
            resource: name, container: container, current: current, pods: pods, tolerance: tolerance, now: now)
        let what = "\(name) \(container == nil ? "" : "container ")resource"
        let proposal: ReplicaCalculator.Proposal
        let metric: String
        if let amount = source.at("target", "averageValue")?.string.flatMap({ Quantity($0) }) {
            proposal = try calculator.replicas(average: amount.milliValue, values)
            metric = what
        } else if let percent = source.at("target", "averageUtilization")?.int {
            proposal = try calculator.replicas(utilization: percent, values)
            metric = "\(what) utilization (percentage of request)"
        } else {
            let kind = container == nil ? "resource" : "container resource"
            throw MetricFault(
                "invalid \(kind) metric source: neither an average utilization target nor an average value target was "
                    + "set")
        }
        var status: Value = ["name": .string(name), "current": Self.current(proposal)]
        if let container { status["container"] = .string(container) }
        let type = container == nil ? "Resource" : "ContainerResource"
        return Result(
            replicas: proposal.replicas, metric: metric,
            status: ["type": .string(type), container == nil ? "resource" : "containerResource": status])
    }

    private static func current(_ proposal: ReplicaCalculator.Proposal) -> Value {
        var current: Value = ["averageValue": .string(Quantity(milli: proposal.average).description)]
        if let utilization = proposal.utilization { current["averageUtilization"] = .int(utilization) }
        return current
    }

    private var tolerance: ReplicaCalculator.Tolerance {
        func of(_ direction: String) -> Double {
            let text = autoscaler.at("spec", "behavior", direction, "tolerance")?.string
            return text.flatMap { Quantity($0) }.map(\.approximate) ?? 0.1
        }
        return ReplicaCalculator.Tolerance(up: of("scaleUp"), down: of("scaleDown"))
    }
}
