import FairleadAPI
import Testing

@testable import FairleadHTTP

@Suite(.timeLimit(.minutes(1)))
struct AnswerTests {
    @Test(arguments: [
        ("gzip", true), ("deflate, gzip", true), ("gzip ,br", true), ("deflate, gzip;q=0.5", false), ("br", false),
        ("", false), ("xgzip", false), ("gzip x", false),
    ])
    func gzipIsRecognisedAsByKubernetes(header: String, accepted: Bool) {
        #expect(Gzip.isAccepted(header) == accepted)
    }

    @Test func largeAnswersAreCompressedForThoseWhoTakeIt() async throws {
        let large = [[UInt8]](repeating: Array("abcdefgh ".utf8), count: 20_000)
        let handler: @Sendable (APIRequest) -> APIOutcome = { request in
            let body = request.path == "/small" ? [Array("little".utf8)] : large
            return .response(APIResponse(status: 200, contentType: "application/json", body: body))
        }
        try await withServer(handler: handler) { _, port in
            let client = try await TestClient.connect(port: port)
            for (path, encoding, compressed) in [
                ("/large", "gzip", true), ("/small", "gzip", false), ("/large", "deflate, gzip;q=0.5", false),
            ] {
                try await client.send(
                    "GET \(path) HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: \(encoding)\r\n\r\n")
                let response = try await client.readResponse()
                #expect((response.header("Content-Encoding") == "gzip") == compressed)
                let body = compressed ? inflated(response.body, to: 180_000) : response.body
                #expect(body == (path == "/small" ? Array("little".utf8) : Array(large.joined())))
            }
        }
    }

    @Test func hugeAnswerArrivesWholeAndTheConnectionGoesOn() async throws {
        let pieces: [[UInt8]] = (0..<200).map { [UInt8](repeating: UInt8($0 % 251), count: 20_011) } + [[]]
        let handler: @Sendable (APIRequest) -> APIOutcome = { request in
            request.path == "/huge"
                ? .response(APIResponse(status: 200, contentType: "a/b", body: pieces)) : echo(request)
        }
        try await withServer(handler: handler) { server, port in
            let client = try await TestClient.connect(port: port, reads: false)
            for path in ["/huge", "/next"] {
                try await client.send("GET \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n")
            }
            try await client.startReading()
            var whole: [UInt8] = []
            for piece in pieces { whole += piece }
            #expect(try await client.readResponse().body == whole)
            #expect(try await client.readResponse().text == "GET /next [] ")
            #expect(server.statistics.requestsInFlight == 0)
        }
    }

    /// However the head is put together: with what was put together before, or field by field.
    @Test(arguments: [
        (200, "application/json", [], false), (201, "application/json", [], false), (200, "a/b", [], false),
        (200, "application/json", ["Warning"], false), (200, "application/json", [], true),
    ])
    func sharedHeadersStandInEveryHead(
        _ status: Int, _ type: String, _ own: [String], _ closes: Bool
    ) async throws {
        let handler: @Sendable (APIRequest) -> APIOutcome = { _ in
            var response = APIResponse(
                status: status, contentType: type, headers: own.map { (name: $0, value: "own") },
                body: [Array("body".utf8)])
            response.shared = HeaderBlock([(name: "Flow", value: "a\r\nEvil: 1"), (name: "Level", value: "b")])
            response.auditID = "audit-1"
            return .response(response)
        }
        try await withServer(handler: handler) { _, port in
            let client = try await TestClient.connect(port: port)
            try await client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\(closes ? "Connection: close\r\n" : "")\r\n")
            let response = try await client.readResponse()
            #expect(response.status == status && response.text == "body")
            #expect(response.header("Content-Type") == type && response.header("Audit-Id") == "audit-1")
            #expect(response.header("Flow") == "a  Evil: 1" && response.header("Level") == "b")
            #expect(response.header("Evil") == nil && response.header("Date") != nil)
            #expect(response.header("Warning") == (own.isEmpty ? nil : "own"))
            #expect(response.header("Connection") == (closes ? "close" : nil))
        }
    }

    @Test func headerValuesCannotSmuggleLines() async throws {
        let handler: @Sendable (APIRequest) -> APIOutcome = { _ in
            .response(APIResponse(status: 200, contentType: "a/b", headers: [("Warning", "a\r\nEvil: 1")], body: []))
        }
        try await withServer(handler: handler) { _, port in
            let client = try await TestClient.connect(port: port)
            try await client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            let response = try await client.readResponse()
            #expect(response.header("Warning") == "a  Evil: 1")
            #expect(response.header("Evil") == nil)
        }
    }

    @Test(arguments: [
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"), (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"),
        (1_798_761_599, "Thu, 31 Dec 2026 23:59:59 GMT"),
    ])
    func dateIsThatOfTheCalendar(seconds: Int64, text: String) {
        #expect(HTTPDate.text(seconds) == text)
    }
}
