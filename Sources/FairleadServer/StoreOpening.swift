import Dispatch
import FairleadEncryption
import FairleadEtcd
import FairleadMetrics
import FairleadModel
import FairleadStorage
import Logging

/// Opens the store that a configuration names.
struct StoreOpening: Sendable {
    let configuration: ServerConfiguration
    let metrics: MetricsRegistry

    /// - Throws: what is wrong, and what to do.
    func open() async throws(StartupError) -> Store {
        // Reading all that there is takes its time, and waits for others.
        try await withCheckedContinuation { (continuation: CheckedContinuation<Result<Store, StartupError>, Never>) in
            DispatchQueue.global(qos: .userInitiated).async {
                continuation.resume(returning: Result { () throws(StartupError) in try read() })
            }
        }.get()
    }

    private func read() throws(StartupError) -> Store {
        do {
            var options = StoreOptions()
            options.historyAge = configuration.historyAge
            options.compactionInterval = configuration.compactionInterval
            options.quota = configuration.storageQuota
            options.metrics = StoreMetrics(factory: metrics)
            options.topics = [
                GroupResource(group: "", resource: "pods"): WatchTopic(field: "spec.nodeName") {
                    $0.value.at("spec", "nodeName")?.string ?? ""
                }
            ]
            options.confidential = [GroupResource(group: "", resource: "secrets")]
            options.onFault = { [logger = Logger(label: "storage")] fault in fault.log(to: logger) }
            return try Store.open(engine: try engine(options.metrics), options: options)
        } catch let error as EncryptionError {
            throw StartupError(error.description)
        } catch StorageError.io(let why) {
            throw StartupError(why)
        } catch StorageError.corrupted(let why) {
            throw StartupError(why)
        } catch {
            throw StartupError("cannot open the database \(configuration.dataText): \(error)")
        }
    }

    private func engine(_ metrics: StoreMetrics) throws -> any StorageEngine {
        var path: String?
        if case .file(let file) = configuration.data {
            // With etcd, too: keys and the kubeconfig are beside it.
            try SQLiteEngine.makeFolder(of: file)
            path = file
        }
        let values = try configuration.valueTransformer()
        if let etcd = configuration.etcd { return try EtcdEngine(etcd, values: values) }
        return try SQLiteEngine(path: path, migrations: SQLiteMigration.builtIn(), metrics: metrics, values: values)
    }
}
