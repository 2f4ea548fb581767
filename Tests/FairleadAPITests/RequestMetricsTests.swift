import FairleadKinds
import FairleadMetrics
import FairleadMetricsTesting
import FairleadModel
import FairleadRandomTesting
import Testing

@testable import FairleadAPI

/// What requests are counted as: kube-apiserver's labels.
struct RequestMetricsTests {
    static let pods = "/api/v1/namespaces/ns/pods"
    static let apps = "/apis/apps/v1"

    /// verb, group, version, resource, subresource, scope, dry run.
    @Test(arguments: [
        ("GET", pods, "", "LIST||v1|pods||namespace|"), ("GET", "/api/v1/pods", "", "LIST||v1|pods||cluster|"),
        ("GET", pods + "/a", "", "GET||v1|pods||resource|"), ("HEAD", pods + "/a", "", "GET||v1|pods||resource|"),
        ("GET", pods, "watch=true", "WATCH||v1|pods||namespace|"),
        ("GET", pods, "watch=0", "LIST||v1|pods||namespace|"),
        ("GET", pods, "watch=1&fieldSelector=metadata.name=a", "WATCH||v1|pods||resource|"),
        ("GET", "/api/v1/watch/pods", "", "WATCH||v1|pods||cluster|"),
        ("GET", "/api/v1/watch/services", "", "WATCH||v1|services||cluster|"),
        ("GET", pods + "/a", "watch=1", "GET||v1|pods||resource|"),
        ("POST", pods, "", "POST||v1|pods||resource|"), ("POST", pods, "dryRun=All", "POST||v1|pods||resource|All"),
        ("POST", pods, "dryRun=x", "POST||v1|pods||resource|invalid"),
        ("PUT", apps + "/namespaces/ns/deployments/a/status", "", "PUT|apps|v1|deployments|status|resource|"),
        ("PATCH", apps + "/namespaces/ns/deployments/a", "", "PATCH|apps|v1|deployments||resource|"),
        ("DELETE", pods + "/a", "", "DELETE||v1|pods||resource|"),
        ("DELETE", pods, "", "DELETECOLLECTION||v1|pods||namespace|"),
        ("GET", pods + "/a/log", "", "GET||v1|pods|log|resource|"),
        ("POST", pods + "/a/exec", "", "CONNECT||v1|pods|exec|resource|"),
        ("GET", "/api/v1/namespaces", "", "LIST||v1|namespaces||cluster|"),
        ("GET", "/api/v1/namespaces/a", "", "GET||v1|namespaces||resource|"),
        ("GET", "/api/v1/namespaces/a/status", "", "GET||v1|namespaces|status|resource|"),
        ("GET", apps + "/namespaces/apps/replicasets/watch", "", "GET|apps|v1|replicasets||resource|"),
        ("BREW", pods, "", "other||v1|pods||namespace|"),
    ])
    func aRequestHasTheLabelsOfKubernetes(_ method: String, _ path: String, _ query: String, _ labels: String) throws {
        let words = labels.split(separator: "|", omittingEmptySubsequences: false)
        let expected = """
            code="201",component="apiserver",dry_run="\(words[6])",group="\(words[1])",resource="\(words[3])",\
            scope="\(words[5])",subresource="\(words[4])",verb="\(words[0])",version="\(words[2])"
            """
        let registry = MetricsRegistry(RequestMetrics.families)
        var cache = RequestSeriesCache(RequestMetrics(kinds: Self.kinds, factory: registry))
        // The second time comes from the cache.
        for _ in 0..<2 {
            let request = APIFixture.request(method, path, query)
            cache.series(of: request).finished(code: 201, nanoseconds: 3_000_000, bytes: 10)
        }
        let page = try ExpositionPage(registry.text)
        #expect(page.samples["apiserver_request_total{\(expected)}"] == 2, "\(page.samples.keys.sorted())")
        #expect(page.sum("apiserver_request_duration_seconds_bucket", "le=\"0.005\"") == 2)
        let isRead = words[0] == "GET" || words[0] == "LIST"
        #expect(page.sum("apiserver_response_sizes_count") == (isRead ? 2 : 0))
    }

    @Test func applyIsAVerbOfItsOwn() throws {
        let registry = MetricsRegistry(RequestMetrics.families)
        var cache = RequestSeriesCache(RequestMetrics(kinds: Self.kinds, factory: registry))
        for type in ["application/apply-patch+yaml", "application/merge-patch+json"] {
            let request = APIFixture.request("PATCH", Self.pods + "/a", type: type)
            cache.series(of: request).finished(code: 200, nanoseconds: 1, bytes: 1)
        }
        let page = try ExpositionPage(registry.text)
        #expect(page.sum("apiserver_request_total", "verb=\"APPLY\"") == 1)
        #expect(page.sum("apiserver_request_total", "verb=\"PATCH\"") == 1)
    }

    @Test func whatIsNoObjectCountsByItsPathAndWhatIsNotServedByItsVerbAlone() throws {
        let registry = MetricsRegistry(RequestMetrics.families)
        var cache = RequestSeriesCache(RequestMetrics(kinds: Self.kinds, factory: registry))
        let unknown = (0..<3000).map { "/apis/g\($0).example.com/v1/things\($0)" } + ["/no/such/page", "//", ""]
        for path in unknown + ["/readyz/ping", "/readyz", Self.pods + "/a/nothing"] {
            cache.series(of: APIFixture.request("GET", path)).finished(code: 404, nanoseconds: 1, bytes: 1)
        }
        let page = try ExpositionPage(registry.text)
        #expect(page.sum("apiserver_request_total", "subresource=\"/readyz\"", "component=\"\"") == 2)
        #expect(page.sum("apiserver_request_total", "resource=\"\"", "component=\"apiserver\"") == 3004)
        #expect(page.samples.count { $0.key.hasPrefix("apiserver_request_total") } == 2)
    }

    /// Whatever is looked up by the short way has the labels that the long way finds.
    @Test func theCacheTellsApartWhatHasOtherLabels() throws {
        let registry = MetricsRegistry(RequestMetrics.families)
        let metrics = RequestMetrics(kinds: Self.kinds, factory: registry)
        var cache = RequestSeriesCache(metrics)
        let words = [
            "api", "apis", "apps", "v1", "namespaces", "watch", "pods", "deployments", "services", "status", "log", "a",
            "default", "", "scale", "proxy",
        ]
        var random = SplitMix64(seed: 1)
        for _ in 0..<20_000 {
            var path = Bool.random(using: &random) ? "/api/v1" : "/apis/apps/v1"
            for _ in 0..<Int.random(in: 1...5, using: &random) {
                path += "/" + (words.randomElement(using: &random) ?? "")
            }
            let request = APIFixture.request(["GET", "POST", "DELETE"].randomElement(using: &random) ?? "GET", path)
            let labels = RequestLabels(request, RequestShape(request), Self.kinds)
            let found = cache.series(of: request).labels
            #expect(found == labels, "\(path)")
        }
    }

    @Test func definedKindsBeyondTheBoundShareASeries() throws {
        let registry = MetricsRegistry([
            MetricFamily("apiserver_watch_events_total", .counter, "E.", maximumSeries: 4096)
        ])
        let metrics = WatchMetrics(factory: registry)
        for number in 0..<3000 {
            metrics.series(of: GroupVersionResource(group: "g", version: "v1", resource: "r\(number)")).sent(bytes: 1)
        }
        let page = try ExpositionPage(registry.text)
        #expect(page.samples.count == 1025)
        #expect(
            page.samples["apiserver_watch_events_total{group=\"other\",resource=\"other\",version=\"other\"}"] == 1976)
    }

    private static let kinds = KindRegistry()
}
