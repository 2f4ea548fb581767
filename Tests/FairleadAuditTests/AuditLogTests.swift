import CoreMetrics
import FairleadAuthorization
import FairleadClientTesting
import FairleadModel
import FairleadSchema
import Foundation
import Logging
import Synchronization
import Testing

@testable import FairleadAudit

struct AuditLogTests {
    private static let types = Result { try TypeRegistry.builtIn() }
    private let folder: String

    init() throws {
        folder = NSTemporaryDirectory() + "fairlead-audit-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    private func removing<Result>(_ body: () async throws -> Result) async throws -> Result {
        let result: Result
        do {
            result = try await body()
        } catch {
            try FileManager.default.removeItem(atPath: folder)
            throw error
        }
        try FileManager.default.removeItem(atPath: folder)
        return result
    }

    private func log(_ settings: AuditSettings) throws -> AuditLog {
        // A clock that goes on: names of renamed logs are moments.
        let clock = Mutex(0.0)
        return try AuditLog(
            settings, types: try Self.types.get(),
            now: {
                let passed = clock.withLock { time in
                    time += 1
                    return time
                }
                return Timestamp(seconds: 1_800_000_000).adding(seconds: passed)
            },
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, metrics: NOOPMetricsHandler.instance)
    }

    private func event(_ id: String, bytes: Int = 0) -> AuditEvent {
        var event = AuditEvent(
            verdict: .init(level: .metadata), auditID: id, uri: "/", verb: "get", received: Timestamp(seconds: 0),
            at: Timestamp(seconds: 0))
        event.userAgent = String(repeating: "x", count: bytes)
        return event
    }

    private func ids(_ name: String) throws -> [String] {
        let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)")))
        return try bytes.split(separator: UInt8(ascii: "\n")).map { line in
            try #require(try JSON.parse(Array(line)).value["auditID"]?.string)
        }
    }

    @Test func whatIsAcceptedIsWrittenInItsOrderBeforeTheLogIsClosed() async throws {
        try await removing {
            let log = try log(AuditSettings(path: "\(folder)/new/audit.log"))
            for number in 0..<3000 { #expect(log.add(event("\(number)"))) }
            await log.close()
            #expect(try ids("new/audit.log") == (0..<3000).map { "\($0)" })
            #expect(!log.add(event("late")))
            #expect(log.waiting == 0)
        }
    }

    @Test func aLogGoesOnWhereItWasAndRepairsALineThatWasCutOff() async throws {
        try await removing {
            let path = "\(folder)/audit.log"
            var log = try log(AuditSettings(path: path))
            log.add(event("a"))
            await log.close()
            let handle = try #require(FileHandle(forWritingAtPath: path))
            try handle.seekToEnd()
            try handle.write(contentsOf: Data(#"{"kind":"Ev"#.utf8))
            try handle.close()
            log = try self.log(AuditSettings(path: path))
            log.add(event("b"))
            await log.close()
            let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
            #expect(lines.count == 3)
            #expect(lines[1] == #"{"kind":"Ev"# && lines[2].contains(#""auditID":"b""#))
        }
    }

    @Test func largeLogsAreRenamedAndTheOldestGo() async throws {
        try await removing {
            var settings = AuditSettings(path: "\(folder)/audit.log")
            settings.largestMegabytes = 1
            settings.mostBackups = 2
            try Data("mine".utf8).write(to: URL(fileURLWithPath: "\(folder)/audit-notes.log"))
            let log = try log(settings)
            for number in 0..<20 { log.add(event("\(number)", bytes: 300_000)) }
            await log.close()
            let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
            #expect(names.count == 4 && names.contains("audit-notes.log") && names.contains("audit.log"))
            // Three lines of 300 kB fit into a MB.
            let kept = try names.filter { $0 != "audit-notes.log" }.flatMap { try ids($0) }
            #expect(kept == (12..<20).map { "\($0)" })
            for name in names {
                let size = try FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)")[.size] as? Int
                #expect(try #require(size) <= 1 << 20)
            }
        }
    }

    @Test func backupsAreRemovedByAge() async throws {
        try await removing {
            for name in ["audit-2020-01-01T00-00-00.000.log", "audit-2027-01-14T00-00-00.000.log"] {
                try Data("old\n".utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
            }
            var settings = AuditSettings(path: "\(folder)/audit.log")
            settings.largestMegabytes = 1
            settings.oldestDays = 30
            let log = try log(settings)  // the clock says 2027-01-15
            for number in 0..<4 { log.add(event("\(number)", bytes: 600_000)) }
            await log.close()
            let names = try FileManager.default.contentsOfDirectory(atPath: folder)
            #expect(!names.contains("audit-2020-01-01T00-00-00.000.log"))
            #expect(names.contains("audit-2027-01-14T00-00-00.000.log"))
        }
    }

    @Test func aFileThatTakesNothingLosesEventsAndHoldsNobodyUp() async throws {
        try await removing {
            let log = try log(AuditSettings(path: "/dev/full"))
            var refused = 0
            for number in 0..<12_000 where !log.add(event("\(number)")) { refused += 1 }
            #expect(refused == 2000)
            #expect(!log.hasRoom && log.waiting == 10_000)
            await log.close()
        }
    }

    @Test func whatWaitsIsBoundedByItsSizeToo() async throws {
        try await removing {
            let log = try log(AuditSettings(path: "/dev/full"))
            for number in 0..<400 {
                var event = event("\(number)")
                event.uri = "/" + String(repeating: "x", count: 1 << 20)
                event.annotations = ["patch": String(repeating: "y", count: 1 << 20)]
                #expect(log.add(event))
            }
            #expect(log.waitingBytes < 70 << 20)
            await log.close()
        }
    }

    @Test func requestsWaitForALogThatIsBehindButNotForOneThatCannotBeWritten() async throws {
        try await removing {
            let log = try log(AuditSettings(path: "\(folder)/audit.log"))
            #expect(!log.isBehind)
            var lost = 0
            for number in 0..<50_000 {
                if !log.add(event("\(number)", bytes: 1000)) { lost += 1 }
                if log.isBehind { await log.whenNoLongerBehind(()) }
            }
            #expect(lost == 0)
            await log.close()
            #expect(try ids("audit.log").count == 50_000)
            let full = try self.log(AuditSettings(path: "/dev/full"))
            for number in 0..<9000 { full.add(event("\(number)")) }
            #expect(await eventually { !full.isBehind })
            #expect(full.waiting == 9000)
            await full.close()
        }
    }

    @Test func atTheEndLargeObjectsAreLeftOutRatherThanEvents() async throws {
        try await removing {
            let log = try log(AuditSettings(path: "\(folder)/audit.log"))
            for number in 0..<500 {
                var event = event("\(number)")
                event.resource = AccessAttributes.Resource(version: "v1", resource: "configmaps", namespace: "a")
                let text = "[" + String(repeating: "1,", count: 50_000) + "1]"
                event.request = .bytes([Array(text.utf8)], type: "")
                log.add(event)
            }
            await log.close()
            #expect(try ids("audit.log").count == 500)
            let lines = try String(contentsOfFile: "\(folder)/audit.log", encoding: .utf8).split(separator: "\n")
            #expect(lines.count { $0.contains("audit.k8s.io/truncated") } > 100)
        }
    }

    @Test(.enabled(if: getuid() != 0, "root may write everywhere"))
    func aFileThatCannotBeOpenedIsAnErrorThatNamesIt() throws {
        let problem = #expect(throws: AuditProblem.self) { try log(AuditSettings(path: "/proc/audit.log")) }
        #expect(problem?.description.contains("/proc/audit.log") == true)
    }
}
