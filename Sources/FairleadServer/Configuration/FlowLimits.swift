import FairleadAPI
import FairleadFairness
import FairleadMetrics
import FairleadStorage

/// How many requests are worked on at a time, named as kube-apiserver's flags.
package struct FlowLimits: Sendable {
    /// Whether FlowSchemas and PriorityLevelConfigurations share them out (`--enable-priority-and-fairness`).
    package var isFair = true
    /// `--max-requests-inflight` and `--max-mutating-requests-inflight`; their sum is shared out, or each is a limit of its
    /// own, 0 for none.
    package var reads = 400
    package var writes = 200

    package init() {}

    /// Obeys them.
    static func limiter(_ limits: FlowLimits, _ store: Store, _ metrics: MetricsRegistry) -> any RequestLimiter {
        guard limits.isFair else { return InflightLimits(reads: limits.reads, writes: limits.writes) }
        let control = FlowControl(store: store, seats: limits.reads + limits.writes, factory: metrics)
        metrics.add { samples in
            for sample in control.samples { samples.add(sample.name, sample.value, sample.labels) }
        }
        return control
    }
}
