package import FairleadModel

/// What the controllers of a process share, and their sources of time and randomness.
package struct ControllerContext: Sendable {
    /// The client that writes.
    package var client: any ObjectClient
    package var informers: InformerSet
    package var environment: Environment
    /// The clock for queues and delays.
    package var clock: any DelayClock
    package var metrics: any WorkQueueMetricsProvider

    /// - Parameter client: if nil, the informers' client.
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
