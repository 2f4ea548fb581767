import FairleadControllers
import FairleadHTTP
import FairleadMetricsTesting
import FairleadModel
import FairleadServer
import Foundation
import Testing

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// The whole program in this process, on a free port, with nothing on disk.
struct FairleadServerTests {
    private struct NotReady: Error {}

    private func configuration(port: Int = 0, isBare: Bool = true) throws -> ServerConfiguration {
        var configuration = ServerConfiguration(
            listen: [try #require(HTTPAddress("127.0.0.1:\(port)"))], data: .memory,
            serviceClusterIPRanges: [try #require(CIDR("10.96.0.0/16"))],
            loadBalancerPools: [try LoadBalancerPool("172.18.255.0/24")],
            podCIDRs: [try #require(CIDR("10.244.0.0/16"))])
        configuration.isBare = isBare
        return configuration
    }

    /// Runs a server for as long as `body` does, and returns when it has stopped.
    private func withServer(_ configuration: ServerConfiguration, _ body: (HTTPAddress) async throws -> Void)
        async throws
    {
        let (ready, announcement) = AsyncStream<HTTPAddress>.makeStream()
        let server = FairleadServer(configuration: configuration, environment: .live) { addresses, _ in
            if let first = addresses.first { announcement.yield(first) }
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { announcement.finish() }
                try await server.run()
            }
            guard let address = await ready.first(where: { _ in true }) else {
                try await group.waitForAll()
                throw NotReady()
            }
            do {
                try await body(address)
            } catch {
                group.cancelAll()
                throw error
            }
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    private func get(_ address: HTTPAddress, _ path: String) async throws -> (status: Int, text: String) {
        let url = try #require(URL(string: address.url + path))
        let session = URLSession(configuration: .ephemeral)
        defer { session.invalidateAndCancel() }
        let (data, response) = try await session.data(from: url)
        return ((response as? HTTPURLResponse)?.statusCode ?? 0, String(decoding: data, as: UTF8.self))
    }

    @Test(arguments: [true, false])
    func whenItSaysSoTheServerIsReadyAndItsOwnObjectsAreThere(isBare: Bool) async throws {
        try await withServer(try configuration(isBare: isBare)) { address in
            #expect(try await get(address, "/readyz").text == "ok")
            #expect(try await get(address, "/livez").text == "ok")
            let services = try await get(address, "/api/v1/namespaces/default/services/kubernetes").text
            #expect(services.contains("10.96.0.1"))
            #expect(try await get(address, "/api/v1/namespaces/kube-system").status == 200)
            let metrics = try ExpositionPage(try await get(address, "/metrics").text)
            #expect(metrics.sum("apiserver_resource_objects", "group=\"\"", "resource=\"services\"") >= 1)
            #expect(metrics.sum("etcd_debugging_mvcc_current_revision") > 1)
            #expect(
                metrics.sum("apiserver_request_total", "verb=\"GET\"", "resource=\"services\"", "code=\"200\"") == 1)
            #expect(metrics.sum("apiserver_request_duration_seconds_count", "resource=\"namespaces\"") == 1)
            #expect(metrics.sum("apiserver_request_total", "subresource=\"/readyz\"") == 1)
            #expect(metrics.sum("fairlead_store_transactions_total", "result=\"committed\"") > 1)
            #expect(metrics.sum("etcd_disk_wal_fsync_duration_seconds_count") > 1)
            // The question about the metrics itself.
            #expect(metrics.sum("apiserver_current_inflight_requests") == 1)
        }
    }

    @Test func theIndexOfDebugPagesNamesEachOfThem() async throws {
        try await withServer(try configuration()) { address in
            let index = try await get(address, "/debug/")
            #expect(index.status == 200)
            let paths = index.text.split(separator: "\n").filter { $0.hasPrefix("/debug/") }
                .compactMap { $0.split(separator: " ").first.map(String.init) }
            #expect(paths.count >= 4)
            for path in paths {
                // What is only missing answers for itself; there is no such page below a wrong path.
                let page = path.replacing("{namespace}", with: "default").replacing("{name}", with: "kubernetes")
                    .replacing("{pod}", with: "none")
                let text = try await get(address, page).text
                #expect(!text.contains("404 page not found"), "\(page)")
            }
            #expect(try await get(address, "/debug").text == index.text)
            let status = try await get(address, "/debug/status").text
            #expect(status.contains("Health:    ready") && status.contains("Services:  "))
            #expect(try await get(address, "/debug/none").text == "404 page not found\n")
        }
    }

    @Test func aServerThatHasStoppedGivesItsPortBack() async throws {
        var used = 0
        try await withServer(try configuration()) { used = $0.port }
        try await withServer(try configuration(port: used)) { address in
            #expect(address.port == used)
            let status = try await get(address, "/readyz").status
            #expect(status == 200)
        }
    }

    @Test func aTakenPortEndsTheSecondServerOnly() async throws {
        try await withServer(try configuration()) { address in
            await #expect(throws: StartupError.self) {
                try await withServer(try configuration(port: address.port)) { _ in }
            }
            let status = try await get(address, "/readyz").status
            #expect(status == 200)
        }
    }
}
