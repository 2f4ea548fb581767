import FairleadModel

/// How many replicas the usage of a resource asks for. Pure.
///
/// Reference: k8s.io/kubernetes `pkg/controller/podautoscaler/replica_calculator.go`; "Horizontal Pod Autoscaling".
struct ReplicaCalculator {
    /// How far usage may be from its target without consequences.
    struct Tolerance: Hashable, Sendable {
        var up = 0.1
        var down = 0.1

        func covers(_ ratio: Double) -> Bool { 1 - down <= ratio && ratio <= 1 + up }
    }

    struct Proposal: Hashable, Sendable {
        var replicas: Int64
        /// In percent of the requests; nil if the target is an amount.
        var utilization: Int64?
        /// The average of the pods, in thousandths.
        var average: Int64
    }

    /// A pod's usage of processors while it starts says nothing.
    private static let initialization: Int64 = 300
    /// A pod that was not ready so shortly after its start has never been ready.
    private static let readinessDelay: Int64 = 30

    let resource: String
    /// Only this container; nil for all.
    let container: String?
    let current: Int64
    /// The pods of the target.
    let pods: [Value]
    let tolerance: Tolerance
    let now: Timestamp

    private struct Groups {
        var ready = 0
        var ignored: Set<String> = []
        var missing: Set<String> = []
    }

    /// - Parameter target: percent of what the pods request.
    func replicas(
        utilization target: Int64, _ metrics: [String: PodMetric]
    ) throws(MetricFault) -> Proposal {
        let (usable, groups) = try sort(metrics)
        let requests = try requests()
        var values = usable.mapValues(\.value)
        let (ratio, utilization, average) = try Self.ratio(values, requests, target)
        let replicas = try propose(
            &values, groups, ratio, missing: { requests[$0] ?? 0 },
            again: { values throws(MetricFault) in try Self.ratio(values, requests, target).ratio })
        return Proposal(replicas: replicas, utilization: utilization, average: average)
    }

    /// - Parameter target: the amount that a pod shall use, in thousandths.
    func replicas(average target: Int64, _ metrics: [String: PodMetric]) throws(MetricFault) -> Proposal {
        let (usable, groups) = try sort(metrics)
        var values = usable.mapValues(\.value)
        let (ratio, average) = Self.ratio(values, target)
        let replicas = try propose(
            &values, groups, ratio, missing: { _ in target },
            again: { values throws(MetricFault) in Self.ratio(values, target).ratio })
        return Proposal(replicas: replicas, utilization: nil, average: average)
    }

    private func sort(
        _ metrics: [String: PodMetric]
    ) throws(MetricFault) -> (usable: [String: PodMetric], groups: Groups) {
        if pods.isEmpty { throw MetricFault("no pods returned by selector while calculating replica count") }
        let groups = groups(metrics)
        let usable = metrics.filter { !groups.ignored.contains($0.key) }
        if usable.isEmpty { throw MetricFault("did not receive metrics for any ready pods") }
        return (usable, groups)
    }

    /// Pods that say nothing count as if they would keep the number of replicas where it is.
    private func propose(
        _ values: inout [String: Int64], _ groups: Groups, _ ratio: Double, missing: (String) -> Int64,
        again: ([String: Int64]) throws(MetricFault) -> Double
    ) throws(MetricFault) -> Int64 {
        let countsIgnored = !groups.ignored.isEmpty && ratio > 1
        if !countsIgnored, groups.missing.isEmpty {
            return tolerance.covers(ratio) ? current : Self.ceiling(ratio * Double(groups.ready))
        }
        for name in groups.missing where ratio < 1 { values[name] = missing(name) }
        for name in groups.missing where ratio > 1 { values[name] = 0 }
        if countsIgnored { for name in groups.ignored { values[name] = 0 } }
        let second = try again(values)
        if tolerance.covers(second) || ratio < 1 && second > 1 || ratio > 1 && second < 1 { return current }
        let replicas = Self.ceiling(second * Double(values.count))
        return second < 1 && replicas > current || second > 1 && replicas < current ? current : replicas
    }

    private static func ceiling(_ number: Double) -> Int64 {
        let most = Double(Int32.max)
        return number.isFinite ? Int64(min(max(number.rounded(.up), 0), most)) : Int64(Int32.max)
    }

    private static func ratio(
        _ values: [String: Int64], _ requests: [String: Int64], _ target: Int64
    ) throws(MetricFault) -> (ratio: Double, utilization: Int64, average: Int64) {
        var (used, requested, count): (Int64, Int64, Int64) = (0, 0, 0)
        for (name, value) in values {
            guard let request = requests[name] else { continue }
            used = used +| value
            requested = requested +| request
            count = count +| 1
        }
        guard requested > 0, count > 0 else { throw MetricFault("no metrics returned matched known pods") }
        let utilization = min(used *| 100 / requested, Int64(Int32.max))
        return (Double(utilization) / Double(max(target, 1)), utilization, used / count)
    }

    private static func ratio(_ values: [String: Int64], _ target: Int64) -> (ratio: Double, average: Int64) {
        let average = values.values.reduce(Int64(0)) { $0 +| $1 } / Int64(max(values.count, 1))
        return (Double(average) / Double(max(target, 1)), average)
    }

    // MARK: - pods

    private func groups(_ metrics: [String: PodMetric]) -> Groups {
        var groups = Groups()
        for pod in pods {
            let phase = pod.text("status", "phase")
            if pod.deletionTimestamp != nil || phase == "Failed" { continue }
            if phase == "Pending" || phase.isEmpty {
                groups.ignored.insert(pod.name)
            } else if let metric = metrics[pod.name] {
                if resource == "cpu", isStarting(pod, metric) {
                    groups.ignored.insert(pod.name)
                } else {
                    groups.ready += 1
                }
            } else {
                groups.missing.insert(pod.name)
            }
        }
        return groups
    }

    private func isStarting(_ pod: Value, _ metric: PodMetric) -> Bool {
        guard let ready = PodView(pod).condition("Ready"),
            let start = Timestamp(rfc3339: pod.text("status", "startTime"))
        else { return true }
        let isUnready = ready.text("status") == "False"
        let changed = Timestamp(rfc3339: ready.text("lastTransitionTime")) ?? start
        if start.seconds +| Self.initialization > now.seconds {
            let measured = metric.timestamp?.seconds ?? now.seconds
            return isUnready || Double(measured) < Double(changed.seconds) + metric.window
        }
        return isUnready && start.seconds +| Self.readinessDelay > changed.seconds
    }

    /// What the pods request, by name, in thousandths.
    private func requests() throws(MetricFault) -> [String: Int64] {
        var result: [String: Int64] = [:]
        for pod in pods {
            let view = PodView(pod)
            if container == nil,
                let own = pod.at("spec", "resources", "requests", resource)?.string.flatMap({ Quantity($0) })
            {
                result[pod.name] = own.milliValue
                continue
            }
            var sum: Int64 = 0
            for spec in view.containers + view.restartableInitContainers
            where container == nil || spec.text("name") == container {
                guard let request = spec.at("resources", "requests", resource)?.string.flatMap({ Quantity($0) }) else {
                    throw MetricFault(
                        "missing request for \(resource) in container \(spec.text("name")) of Pod \(pod.name)")
                }
                sum = sum +| request.milliValue
            }
            result[pod.name] = sum
        }
        return result
    }
}
