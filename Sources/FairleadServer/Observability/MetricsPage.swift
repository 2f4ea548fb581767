import FairleadHTTP
import FairleadModel
import FairleadStorage

/// `/metrics`, under the names that kube-apiserver and etcd use where they have one.
struct MetricsPage: Sendable {
    let store: Store
    let http: @Sendable () -> HTTPStatistics
    /// The part that the DNS makes itself.
    let dns: @Sendable () -> String

    var text: String {
        let storage = store.statistics
        let connections = http()
        var page = ""
        page.gauge("etcd_debugging_mvcc_current_revision", "The revision of the last commit.", storage.revision)
        page.gauge(
            "etcd_debugging_mvcc_compact_revision", "The revision up to which history is gone.",
            storage.compactedRevision)
        page.gauge(
            "fairlead_history_events", "Events that watches can still start before.", Int64(storage.historyEvents))
        page.gauge(
            "fairlead_history_bytes", "Bytes of documents that only history holds.", Int64(storage.historyBytes))
        page.gauge(
            "fairlead_storage_damaged_objects", "Stored objects that cannot be read.",
            Int64(store.current.damaged.count))
        page.gauge(
            "apiserver_registered_watchers", "Watchers, those inside the process included.", Int64(storage.watchers))
        let objects = storage.objects.sorted { $0.key.description < $1.key.description }
        page.header("apiserver_resource_objects", "Stored objects by group and resource.", type: "gauge")
        for (kind, count) in objects {
            page += "apiserver_resource_objects{group=\"\(kind.group)\",resource=\"\(kind.resource)\"} \(count)\n"
        }
        page.header("apiserver_storage_objects", "The same under the name of before Kubernetes 1.34.", type: "gauge")
        for (kind, count) in objects { page += "apiserver_storage_objects{resource=\"\(kind)\"} \(count)\n" }
        page.gauge(
            "apiserver_current_inflight_requests", "Requests being answered.", Int64(connections.requestsInFlight))
        page.gauge("apiserver_longrunning_requests", "Open watches and followed logs.", Int64(connections.streamsOpen))
        page.gauge("fairlead_http_connections", "Open connections.", Int64(connections.connectionsOpen))
        page.counter("fairlead_http_connections_total", "Connections accepted.", Int64(connections.connectionsAccepted))
        page.counter("apiserver_request_total", "Requests received.", Int64(connections.requests))
        page.counter("fairlead_http_sent_bytes_total", "Bytes sent.", Int64(connections.bytesSent))
        return page + dns()
    }
}

extension String {
    fileprivate mutating func header(_ name: String, _ help: String, type: String) {
        self += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
    }

    fileprivate mutating func gauge(_ name: String, _ help: String, _ value: Int64) {
        header(name, help, type: "gauge")
        self += "\(name) \(value)\n"
    }

    fileprivate mutating func counter(_ name: String, _ help: String, _ value: Int64) {
        header(name, help, type: "counter")
        self += "\(name) \(value)\n"
    }
}
