import FairleadAPI
import FairleadHTTP
import FairleadKinds
import FairleadMetrics
import FairleadMetricsTesting
import Testing

/// What is counted of requests, whatever becomes of them.
@Suite(.timeLimit(.minutes(1)))
struct HTTPMetricsTests {
    private let registry = MetricsRegistry(RequestMetrics.families)
    private var metrics: RequestMetrics {
        RequestMetrics(kinds: KindRegistry(), factory: registry)
    }

    @Test func everyRequestIsCountedOnceByItsCode() async throws {
        let stream = ScriptedStream()
        let handler: @Sendable (APIRequest) -> APIOutcome = { request in
            request.query.isEmpty ? echo(request) : .stream(stream, contentType: "application/json", headers: [])
        }
        try await withServer(handler: handler, metrics: metrics) { server, port in
            let client = try await TestClient.connect(port: port)
            for _ in 0..<3 {
                try await client.send("GET /api/v1/namespaces/a/pods/b HTTP/1.1\r\nHost: localhost\r\n\r\n")
                _ = try await client.readResponse()
            }
            let watcher = try await TestClient.connect(port: port)
            try await watcher.send("GET /api/v1/pods?watch=1 HTTP/1.1\r\nHost: localhost\r\n\r\n")
            while server.statistics.streamsOpen == 0 { await Task.yield() }
            #expect(server.statistics.longRunning == 1)
            // The gauge follows in a moment; if it does not, the time for a test runs out.
            while try ExpositionPage(registry.text).sum("apiserver_longrunning_requests", "verb=\"WATCH\"") != 1 {
                await Task.yield()
            }
            try await watcher.close()
            await stream.untilCancelled()
            let bad = try await TestClient.connect(port: port)
            try await bad.send("NONSENSE\r\n\r\n")
            _ = try await bad.readToEnd()
            while server.statistics.requestsInFlight > 0 { await Task.yield() }
            let page = try ExpositionPage(registry.text)
            #expect(page.sum("apiserver_request_total", "verb=\"GET\"", "resource=\"pods\"", "code=\"200\"") == 3)
            #expect(page.sum("apiserver_request_total", "verb=\"WATCH\"", "code=\"200\"") == 1)
            #expect(page.sum("apiserver_request_total", "verb=\"other\"", "code=\"400\"") == 1)
            #expect(page.sum("apiserver_request_total") == 5)
            #expect(page.sum("apiserver_request_duration_seconds_count") == 5)
            #expect(page.sum("apiserver_longrunning_requests") == 0)
            #expect(server.statistics.longRunning == 0)
        }
    }

    @Test func changesAreInFlightAsSuchAndClientsThatLeaveAreCodeZero() async throws {
        let handler: @Sendable (APIRequest) -> APIOutcome = { _ in
            .deferred {
                try? await Task.sleep(for: .seconds(60), clock: .suspending)
                return .response(.text(200, "late"))
            }
        }
        try await withServer(handler: handler, metrics: metrics) { server, port in
            let client = try await TestClient.connect(port: port)
            try await client.send(
                "POST /api/v1/namespaces/a/pods HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")
            while server.statistics.mutatingInFlight == 0 { await Task.yield() }
            #expect(server.statistics.requestsInFlight == 1)
            await server.shutdown()
            #expect(server.statistics.mutatingInFlight == 0)
            let page = try ExpositionPage(registry.text)
            #expect(page.sum("apiserver_request_total", "verb=\"POST\"", "code=\"0\"") == 1)
        }
    }
}
