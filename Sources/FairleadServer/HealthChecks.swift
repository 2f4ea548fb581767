import FairleadAPI
import FairleadClient
import FairleadStorage

/// What `/livez` and `/readyz` look at, in the order that `?verbose` shows. A new check is one line here.
///
/// Live is what only a restart would mend; ready is what must be so for clients to be served in full.
struct HealthChecks: Sendable {
    let readiness: Readiness
    let controllers = ControllerLiveness()
    /// The informers of the controllers.
    let informers = LateCheck()

    var live: [OperationsEndpoint.Check] {
        [.init("controllers") { [controllers] in controllers.failure }]
    }

    var ready: [OperationsEndpoint.Check] {
        [
            .init("bootstrap") { [readiness] in readiness.isReady ? nil : "starting" },
            .init("informer-sync") { [informers] in informers.failure },
        ]
    }
}

extension InformerSet {
    /// For a health check: nil, or which resources should have been seen by now. A kind that has just been defined has
    /// some seconds.
    var syncFailure: String? {
        let waiting = unsynced(after: .seconds(5)).map(\.groupResource.description).sorted()
        return waiting.isEmpty ? nil : "not yet listed: " + waiting.joined(separator: ", ")
    }
}
