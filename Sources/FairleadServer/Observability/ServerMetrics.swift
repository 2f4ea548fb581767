import CoreMetrics
import FairleadAPI
import FairleadAudit
import FairleadClient
import FairleadDNS
import FairleadFairness
import FairleadHTTP
import FairleadMetrics
import FairleadModel
import FairleadStorage
import FairleadWebhooks

/// All metrics of a server, under the names of kube-apiserver, etcd, client-go and CoreDNS where these have such a
/// metric: some are recorded as things happen, others are read when `/metrics` is requested.
enum ServerMetrics {
    /// The registry of one server; servers in the same process share nothing here.
    /// - Parameter start: when the server started.
    static func registry(start: Timestamp) -> MetricsRegistry {
        let registry = MetricsRegistry(
            RequestMetrics.families + WatchMetrics.families + FlowControl.metricFamilies + WebhookMetrics.families
                + PolicyMetrics.families
                + StoreMetrics.families
                + DNSServer.metricFamilies
                + AuditLog.allFamilies + storeGauges + httpGauges + queueFamilies + ProcessMetrics.families)
        registry.add { ProcessMetrics.collect(into: &$0, start: start) }
        return registry
    }

    // MARK: - the store

    private static let storeGauges: [MetricFamily] = [
        MetricFamily("etcd_debugging_mvcc_current_revision", .gauge, "The revision of the last commit."),
        MetricFamily("etcd_debugging_mvcc_compact_revision", .gauge, "The revision up to which history is gone."),
        MetricFamily("fairlead_history_events", .gauge, "Events that watches can still start before."),
        MetricFamily("fairlead_history_bytes", .gauge, "Bytes of documents that only history holds."),
        MetricFamily("fairlead_storage_damaged_objects", .gauge, "Stored objects that cannot be read."),
        MetricFamily("fairlead_storage_fault", .gauge, "1 while something is wrong with storage, by what it is."),
        MetricFamily("apiserver_registered_watchers", .gauge, "Watchers, those inside the process included."),
        MetricFamily("apiserver_resource_objects", .gauge, "Stored objects by group and resource."),
        MetricFamily("apiserver_storage_objects", .gauge, "The same under the name of before Kubernetes 1.34."),
    ]

    static func collector(of store: Store) -> MetricsRegistry.Collector {
        { samples in
            let storage = store.statistics
            samples.add("etcd_debugging_mvcc_current_revision", Int(storage.revision))
            samples.add("etcd_debugging_mvcc_compact_revision", Int(storage.compactedRevision))
            samples.add("fairlead_history_events", storage.historyEvents)
            samples.add("fairlead_history_bytes", storage.historyBytes)
            samples.add("fairlead_storage_damaged_objects", store.current.damaged.count)
            for kind in StorageFault.Kind.allCases {
                samples.add("fairlead_storage_fault", store.faults[kind] == nil ? 0 : 1, [("fault", kind.rawValue)])
            }
            samples.add("apiserver_registered_watchers", storage.watchers)
            // One series for each kind, and clients can define kinds: hence a limit.
            for (kind, count) in storage.objects.sorted(by: { $0.value > $1.value }).prefix(largestKinds) {
                samples.add(
                    "apiserver_resource_objects", count, [("group", kind.group), ("resource", kind.resource)])
                samples.add("apiserver_storage_objects", count, [("resource", kind.description)])
            }
        }
    }

    private static let largestKinds = 1024

    // MARK: - controllers

    /// client-go's names and bounds.
    private static let queueFamilies: [MetricFamily] = [
        MetricFamily(
            "leader_election_master_status", .gauge,
            "Whether this server leads, of those that share a store: 1 if it does. Only such servers have it."),
        MetricFamily("workqueue_depth", .gauge, "Keys that wait for a worker, by controller."),
        MetricFamily("workqueue_adds_total", .counter, "Keys that came to be in need of work, by controller."),
        MetricFamily("workqueue_retries_total", .counter, "Keys that come back because work on them failed."),
        MetricFamily(
            "workqueue_queue_duration_seconds", .histogram(bounds: queueBounds), "How long keys waited for a worker."),
        MetricFamily(
            "workqueue_work_duration_seconds", .histogram(bounds: queueBounds), "How long work on keys took."),
        MetricFamily(
            "workqueue_longest_running_processor_seconds", .gauge,
            "How long the longest work under way has taken so far."
        ),
    ]
    private static let queueBounds: [Double] = .exponential(from: 1e-8, by: 10, count: 12)

    /// Controllers with the same name are combined.
    static func collector(of controllers: @escaping @Sendable () -> [any Controller]) -> MetricsRegistry.Collector {
        { samples in
            var depths: [String: (waiting: Int, longest: Double)] = [:]
            for health in controllers().map(\.health) {
                let known = depths[health.name] ?? (0, 0)
                depths[health.name] = (
                    known.waiting + health.queued, max(known.longest, Double(health.longestWork.wholeNanoseconds) / 1e9)
                )
            }
            for (name, (waiting, longest)) in depths {
                samples.add("workqueue_depth", waiting, [("name", name)])
                samples.add("workqueue_longest_running_processor_seconds", longest, [("name", name)])
            }
        }
    }

    // MARK: - HTTP

    private static let httpGauges: [MetricFamily] = [
        MetricFamily(
            "apiserver_current_inflight_requests", .gauge,
            "Requests being answered, by whether they may change something; without those that go on for long."),
        MetricFamily("fairlead_http_connections", .gauge, "Open connections."),
        MetricFamily("fairlead_http_connections_total", .counter, "Connections accepted."),
        MetricFamily("fairlead_http_sent_bytes_total", .counter, "Bytes sent."),
        MetricFamily("fairlead_http_received_body_bytes_total", .counter, "Bytes of bodies received."),
    ]

    static func collector(of leading: LeaderElection.Leading) -> MetricsRegistry.Collector {
        { samples in
            samples.add(
                "leader_election_master_status", leading.isLeading ? 1 : 0, [("name", LeaderLease.key.name)])
        }
    }

    static func collector(of http: @escaping @Sendable () -> HTTPStatistics) -> MetricsRegistry.Collector {
        { samples in
            let http = http()
            let reads = http.requestsInFlight - http.mutatingInFlight - http.longRunning
            samples.add("apiserver_current_inflight_requests", max(reads, 0), [("request_kind", "readOnly")])
            samples.add("apiserver_current_inflight_requests", http.mutatingInFlight, [("request_kind", "mutating")])
            samples.add("fairlead_http_connections", http.connectionsOpen)
            samples.add("fairlead_http_connections_total", http.connectionsAccepted)
            samples.add("fairlead_http_sent_bytes_total", http.bytesSent)
            samples.add("fairlead_http_received_body_bytes_total", http.bodyBytesReceived)
        }
    }
}
