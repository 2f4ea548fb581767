package import CoreMetrics
package import FairleadMetrics
import FairleadModel
import Synchronization

/// The metrics of events sent to watchers, under kube-apiserver's names.
package final class WatchMetrics: Sendable {
    /// The events of one resource; created once.
    final class Series: Sendable {
        private let count: Counter
        private let size: Recorder

        fileprivate init(_ resource: GroupVersionResource, _ factory: any MetricsFactory) {
            let dimensions = [
                ("group", resource.group), ("version", resource.version), ("resource", resource.resource),
            ]
            count = Counter(label: "apiserver_watch_events_total", dimensions: dimensions, factory: factory)
            size = Recorder(label: "apiserver_watch_events_sizes", dimensions: dimensions, factory: factory)
        }

        func sent(bytes: Int) {
            count.increment()
            size.record(bytes)
        }
    }

    private let factory: any MetricsFactory
    private let series = Mutex<[GroupVersionResource: Series]>([:])
    private let overflow: Series

    /// Resources beyond this number share a series.
    private static let capacity = 1024

    /// Without a factory nothing is recorded.
    package init(factory: any MetricsFactory = NOOPMetricsHandler.instance) {
        self.factory = factory
        let other = RequestLabels.overflow
        overflow = Series(
            GroupVersionResource(group: other.group, version: other.version, resource: other.resource), factory)
    }

    /// Called once per watch.
    func series(of resource: GroupVersionResource) -> Series {
        series.withLock { series in
            if let known = series[resource] { return known }
            guard series.count < Self.capacity else { return overflow }
            let made = Series(resource, factory)
            series[resource] = made
            return made
        }
    }

    package static let families: [MetricFamily] = [
        MetricFamily("apiserver_watch_events_total", .counter, "Events sent to watchers, bookmarks among them."),
        MetricFamily(
            "apiserver_watch_events_sizes", .histogram(bounds: .exponential(from: 1024, by: 2, count: 8)),
            "Bytes of the events sent to watchers."),
    ]
}
