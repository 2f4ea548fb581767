import FairleadAPI
import FairleadClient
import FairleadStorage

/// What `/livez` and `/readyz` look at, in the order that `?verbose` shows. A new check is one line here.
///
/// Live is what only a restart would mend; ready is what must be so for clients to be served in full.
struct HealthChecks: Sendable {
    let readiness: Readiness
    /// What is wrong with storage.
    let storage: StorageFaults
    let store: Store
    let controllers = ControllerLiveness()
    /// The informers of the controllers.
    let informers = LateCheck()
    /// Whether a controller has been at one key for a minute.
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
            .init("storage-compaction") { [storage] in storage[.compaction] },
            .init("database-file") { [storage] in storage[.file] },
            .init("disk-free") { [storage] in storage[.disk] },
            .init("controller-progress") { [progress] in progress.failure },
            // The rest is served: that some objects cannot be read is no reason to turn clients away.
            .init("storage-objects", note: { [store] in store.current.damageNote }) { nil },
        ]
    }
}

extension StorageFaults {
    /// How long a write may take: what takes longer than a disk that is merely slow would need.
    private static let patience = Duration.seconds(60)

    /// For a health check: nil, or for how long the writer has been at one batch.
    fileprivate var stall: String? {
        guard let busy, busy > Self.patience else { return nil }
        return "a write has taken \(busy.components.seconds) s so far"
    }
}

extension Snapshot {
    /// The keys of what cannot be read; nil if there is nothing.
    var damageNote: String? {
        if damaged.isEmpty { return nil }
        let keys = damaged.keys.sorted()
        let more = keys.count > 100 ? ", and \(keys.count - 100) more" : ""
        return "\(keys.count) damaged: \(keys.prefix(100).map(\.description).joined(separator: ", "))\(more)"
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
