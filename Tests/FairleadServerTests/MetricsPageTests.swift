import FairleadMetricsTesting
import FairleadModel
import Foundation
import Testing

@testable import FairleadServer

/// What operators are shown.
struct MetricsPageTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Names in expressions, without what Prometheus makes of a histogram's.
    @Test func theDashboardAsksForNothingThatIsNotThere() throws {
        let text = try String(contentsOf: Self.root.appending(path: "docs/grafana-dashboard.json"), encoding: .utf8)
        let document = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        let panels = try #require(document["panels"] as? [[String: Any]])
        let names = ServerMetrics.registry(start: Timestamp(seconds: 1_800_000_000)).names
        var asked = 0
        for panel in panels {
            for target in panel["targets"] as? [[String: Any]] ?? [] {
                let expression = try #require(target["expr"] as? String)
                for match in expression.matches(of: /\b(?:apiserver|coredns|etcd|fairlead|process|workqueue)_[a-z_]+/) {
                    asked += 1
                    let name = String(match.output)
                    let base = ["_bucket", "_sum", "_count"].first { name.hasSuffix($0) }
                        .map { String(name.dropLast($0.count)) }
                    #expect(names.contains(name) || base.map(names.contains) ?? false, "\(name)")
                }
            }
        }
        #expect(asked > 30)
    }

    @Test func aPageWithoutRequestsIsWellFormedAndHasTheProcess() throws {
        let page = try ExpositionPage(ServerMetrics.registry(start: Timestamp(seconds: 1_800_000_000)).text)
        #expect(page.sum("process_start_time_seconds") == 1_800_000_000)
        #expect(page.sum("process_cpu_seconds_total") > 0)
        #expect(page.sum("kubernetes_build_info", "git_version=\"v1.36") == 1)
        #if os(Linux)
            #expect(page.sum("process_resident_memory_bytes") > 1_000_000)
            #expect(page.sum("process_open_fds") > 3)
        #endif
    }
}
