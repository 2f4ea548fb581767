package import CoreMetrics
package import FairleadKinds
package import FairleadMetrics
import Synchronization

/// The metrics of all requests to a server, under kube-apiserver's names.
package final class RequestMetrics: Sendable {
    private let kinds: KindRegistry
    private let factory: any MetricsFactory
    private let series = Mutex<[RequestLabels: RequestSeries]>([:])
    private let overflow: RequestSeries
    /// For what could not be parsed as a request at all.
    package let unread: RequestSeries

    /// The maximum number of label sets, not counting status codes. Built-in kinds have about 900 between them.
    private static let capacity = 4096

    package init(kinds: KindRegistry, factory: any MetricsFactory) {
        self.kinds = kinds
        self.factory = factory
        overflow = RequestSeries(.overflow, factory: factory)
        unread = RequestSeries(.unread, factory: factory)
    }

    package static let families: [MetricFamily] = [
        MetricFamily(
            "apiserver_request_total", .counter,
            "Requests by verb, dry run, group, version, resource, subresource, scope, component and the code of the answer; "
                + "code 0 for clients that left before there was one.",
            maximumSeries: 4096),
        MetricFamily(
            "apiserver_request_duration_seconds",
            .histogram(bounds: [
                0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60,
            ]), "How long requests took, from their heads to the ends of their answers.", maximumSeries: 512),
        MetricFamily(
            "apiserver_response_sizes", .histogram(bounds: .exponential(from: 1000, by: 10, count: 7)),
            "Bytes of the answers to reads.", maximumSeries: 512),
        MetricFamily("apiserver_longrunning_requests", .gauge, "Watches and followed logs that are open."),
    ]

    fileprivate func find(_ request: APIRequest, _ shape: RequestShape) -> (series: RequestSeries, isResource: Bool) {
        let labels = RequestLabels(request, shape, kinds)
        let found = series.withLock { series -> RequestSeries in
            if let known = series[labels] { return known }
            guard series.count < Self.capacity else { return overflow }
            let made = RequestSeries(labels, factory: factory)
            series[labels] = made
            return made
        }
        return (found, !labels.resource.isEmpty)
    }
}

/// Finds the series of a request in a fraction of a microsecond: one look at the path is enough for what the event loop
/// has seen before. Belongs to that loop.
package struct RequestSeriesCache {
    private let metrics: RequestMetrics
    private var known: [UInt64: RequestSeries] = [:]
    /// Random, so that nobody can craft paths that count as another's.
    private let seed: UInt64
    private let multiplier: UInt64
    /// The hashes of two segments that change the meaning of the segments after them.
    private let namespaces: UInt64
    private let watch: UInt64

    private static let capacity = 4096

    package init(_ metrics: RequestMetrics) {
        self.metrics = metrics
        let seed = UInt64.random(in: .min ... .max)
        let multiplier = UInt64.random(in: .min ... .max) | 1
        self.seed = seed
        self.multiplier = multiplier
        namespaces = "namespaces".utf8.reduce(seed) { ($0 ^ UInt64($1)) &* multiplier }
        watch = "watch".utf8.reduce(seed) { ($0 ^ UInt64($1)) &* multiplier }
    }

    /// For what could not be parsed as a request at all.
    package var unread: RequestSeries { metrics.unread }

    package mutating func series(of request: APIRequest) -> RequestSeries {
        let shape = RequestShape(request)
        guard let place = hash(request.path, shape) else { return metrics.find(request, shape).series }
        if let found = known[place] { return found }
        let (series, isResource) = metrics.find(request, shape)
        // Paths that are not served cost their sender a little more each time, but take no room from others.
        if isResource {
            if known.count >= Self.capacity { known.removeAll() }
            known[place] = series
        }
        return series
    }

    /// A number that two requests share only if they have the same labels. It covers the head and the path without its
    /// names, of which only their presence counts. nil for paths that take the slow path.
    private func hash(_ path: String, _ shape: RequestShape) -> UInt64? {
        let start = seed ^ shape.number
        return path.utf8.withContiguousStorageIfAvailable { hash($0, from: start) } ?? nil
    }

    private func hash<Bytes: RandomAccessCollection>(_ bytes: Bytes, from start: UInt64) -> UInt64?
    where Bytes.Element == UInt8, Bytes.Index == Int {
        var hash = start
        /// Which segment is the resource; in `/api/v1/namespaces/x/pods` first the third, then the fifth.
        var resource = 2
        var hasNamespace = false
        var segment = 0
        guard bytes.first == UInt8(ascii: "/") else { return nil }
        var place = bytes.startIndex + 1
        while place <= bytes.endIndex {
            let begin = place
            var word = seed
            while place < bytes.endIndex, bytes[place] != UInt8(ascii: "/") {
                if bytes[place] == UInt8(ascii: "%") { return nil }
                word = (word ^ UInt64(bytes[place])) &* multiplier
                place += 1
            }
            // Empty segments take the slow path, as does the old form of watches.
            if place == begin { return nil }
            if segment == 0, place - begin == 4 { resource = 3 }
            let isName = segment == resource + 1 || hasNamespace && segment == resource - 1
            // What follows the subresource belongs to it.
            if segment <= resource + 2 { hash = (hash ^ (isName ? 1 : word)) &* multiplier ^ hash >> 31 }
            if segment == resource, place < bytes.endIndex {
                if word == watch { return nil }
                if word == namespaces {
                    if hasNamespace { return nil }
                    hasNamespace = true
                    resource += 2
                }
            }
            segment += 1
            place += 1
        }
        return hash
    }
}
