import FairleadAPI
import InMemoryLogging
import Logging
import NIOCore
import NIOHTTP1
import Testing

@testable import FairleadHTTP

struct RequestLogTests {
    private let handler = InMemoryLogHandler()

    private func logger(_ level: Logger.Level) -> Logger {
        var logger = Logger(label: "test") { _ in handler }
        logger.logLevel = level
        return logger
    }

    private func note(_ status: Int, uri: String = "/api", at start: NIODeadline = .uptimeNanoseconds(0)) -> RequestNote
    {
        var note = RequestNote()
        note.begin(HTTPRequestHead(version: .http1_1, method: .GET, uri: uri, headers: ["User-Agent": "u"]), at: start)
        note.answered(status, bytes: 7)
        return note
    }

    @Test func eachRequestHasOneLineAtDebugAndNoneAtInfo() async throws {
        for level in [Logger.Level.info, .debug] {
            try await withServer(logger: logger(level)) { _, port in
                let client = try await TestClient.connect(port: port)
                let head = [
                    "GET /some/path?watch=1&token=hunter2 HTTP/1.1", "Host: localhost", "User-Agent: me",
                    "Audit-ID: 42", "Connection: close", "", "",
                ]
                try await client.send(head.joined(separator: "\r\n"))
                _ = try await client.readToEnd()
            }
        }
        let lines = handler.entries.filter { $0.message == "request" }
        #expect(lines.count == 1)
        let metadata = try #require(lines.first).metadata.mapValues(\.description)
        #expect(metadata["method"] == "GET")
        #expect(metadata["path"] == "/some/path?watch=1&token=…")
        #expect(metadata["status"] == "200")
        #expect(metadata["userAgent"] == "me")
        #expect(metadata["auditID"] == "42")
        #expect(metadata["duration"] != nil)
    }

    @Test func failuresOfOursAndSlowOnesAreWarnings() {
        let log = RequestLog(logger(.info))
        log.write(note(404), at: .uptimeNanoseconds(1000))
        log.write(note(503), at: .uptimeNanoseconds(1000))
        log.write(note(200), at: .uptimeNanoseconds(2_500_000_000))
        #expect(handler.entries.map(\.message) == ["request failed", "slow request"])
        #expect(handler.entries.allSatisfy { $0.level == .warning })
        #expect(handler.entries.last?.metadata["duration"]?.description == "2.5s")
    }

    @Test func aStreamOfAnHourIsNotSlow() {
        let log = RequestLog(logger(.info))
        var watch = note(200)
        watch.streams(keepsHead: false)
        log.write(watch, at: .uptimeNanoseconds(3_600_000_000_000))
        #expect(handler.entries.isEmpty)
    }

    @Test func aFloodOfFailuresIsCountedNotWritten() {
        let log = RequestLog(logger(.info))
        for _ in 0..<1000 { log.write(note(503), at: .uptimeNanoseconds(1000)) }
        #expect(handler.entries.count == 20)
        log.write(note(503), at: .uptimeNanoseconds(1_500_000_000))
        #expect(handler.entries.last?.metadata["leftOut"]?.description == "980")
    }

    @Test func whatComesInATargetIsBounded() {
        #expect(LoggedTarget.text("/a?" + String(repeating: "x=1&", count: 100_000)).utf8.count < 600)
        #expect(LoggedTarget.text("/" + String(repeating: "é", count: 100_000)).count < 600)
    }
}
