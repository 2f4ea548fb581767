package import FairleadModel

/// What the controllers of a process share, and where time and chance come from.
package struct ControllerContext: Sendable {
    /// Who writes.
    package var client: any ObjectClient
    package var informers: InformerSet
    package var environment: Environment
    /// What queues and waits go by.
    package var clock: any DelayClock
    package var metrics: any WorkQueueMetricsProvider

    /// - Parameter client: the informers' own if nil.
    package init(
        client: (any ObjectClient)? = nil, informers: InformerSet, environment: Environment,
        clock: any DelayClock = SystemDelayClock(), metrics: any WorkQueueMetricsProvider = NoWorkQueueMetrics()
    ) {
        self.client = client ?? informers.client
        self.informers = informers
        self.environment = environment
        self.clock = clock
        self.metrics = metrics
    }
}
