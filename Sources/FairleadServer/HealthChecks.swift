import FairleadDiscovery
import FairleadAPI
import FairleadClient
import FairleadStorage

/// The checks of `/livez` and `/readyz`, in the order that `?verbose` shows. A new check takes one line here.
///
/// Liveness covers what only a restart would fix; readiness covers everything that clients need to be served in full.
struct HealthChecks: Sendable {
    let readiness: Readiness
    /// What is wrong with storage.
    let storage: StorageFaults
    let store: Store
    let controllers = ControllerLiveness()
    /// The informers of the controllers.
    let informers = LateCheck()
    /// Whether a controller has worked on one key for a minute.
    let progress = LateCheck()

    var live: [OperationsEndpoint.Check] {
        [.init("etcd") { [storage] in storage.stall }, .init("controllers") { [controllers] in controllers.failure }]
    }

    var ready: [OperationsEndpoint.Check] {
        [
            .init("etcd-readiness") { [storage] in storage.stall },
            .init("controllers") { [controllers] in controllers.failure },
            .init("bootstrap") { [readiness] in readiness.isReady ? nil : "starting" },
            .init("informer-sync") { [informers] in informers.failure },
            .init("storage-writable") { [storage] in storage[.commit] },
            .init("storage-quota") { [storage] in storage[.space] },
            .init("storage-feed") { [storage] in storage[.feed] },
            .init("storage-compaction") { [storage] in storage[.compaction] },
            .init("database-file") { [storage] in storage[.file] },
            .init("disk-free") { [storage] in storage[.disk] },
            .init("controller-progress") { [progress] in progress.failure },
            // Everything else is served: some unreadable objects are no reason to turn clients away.
            .init("storage-objects", note: { [store] in store.current.damageNote }) { nil },
        ]
    }
}

extension StorageFaults {
    /// How long a write may take: longer than even a slow disk needs.
    private static let patience = Duration.seconds(60)

    /// For a health check: nil, or how long the writer has been working on one batch.
    fileprivate var stall: String? {
        guard let busy, busy > Self.patience else { return nil }
        return "a write has taken \(busy.components.seconds) s so far"
    }
}

extension Snapshot {
    /// The keys of objects that cannot be read; nil if there are none.
    var damageNote: String? {
        if damaged.isEmpty { return nil }
        let keys = damaged.keys.sorted()
        let more = keys.count > 100 ? ", and \(keys.count - 100) more" : ""
        return "\(keys.count) damaged: \(keys.prefix(100).map(\.description).joined(separator: ", "))\(more)"
    }
}

extension InformerSet {
    /// For a health check: nil, or the resources that should have been listed by now. A newly defined kind is allowed
    /// some seconds.
    var syncFailure: String? {
        let waiting = unsynced(after: .seconds(5)).map(\.groupResource.description).sorted()
        return waiting.isEmpty ? nil : "not yet listed: " + waiting.joined(separator: ", ")
    }
}
