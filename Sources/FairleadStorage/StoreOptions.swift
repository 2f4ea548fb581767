/// How much of the past a store keeps.
package struct StoreOptions: Sendable {
    /// History is kept at least this long (kube-apiserver compacts etcd every five minutes).
    package var historyAge: Duration = .seconds(300)
    /// Beyond this many events the oldest go, whatever their age.
    package var maximumEvents = 100_000
    /// How often old history is looked for.
    package var compactionInterval: Duration = .seconds(5)
    /// The largest number of transactions that share one commit of the engine.
    package var maximumBatch = 256

    package init() {}
}
