import FairleadContainers
import FairleadModel
import Testing

@testable import FairleadAPI

@Suite(.timeLimit(.minutes(1)))
struct PodLogTests {
    private static let log = APIFixture.pods + "/p/log"

    /// Three lines, the last one without its end. The fixture's clock stands at 1,700,000,000.
    private static var buffer: LogBuffer {
        let buffer = LogBuffer()
        buffer.append(Array("one\n".utf8), at: Timestamp(seconds: 1_699_999_900))
        buffer.append(Array("two\n".utf8), at: Timestamp(seconds: 1_699_999_990, nanoseconds: 5_000_060))
        buffer.append(Array("end".utf8), at: Timestamp(seconds: 1_699_999_999))
        return buffer
    }

    private static func status(_ state: Value, last: Value? = nil) -> Value {
        var status: Value = [
            "name": "c", "image": "busybox", "imageID": "", "restartCount": 0, "ready": true, "state": state,
        ]
        if let last { status.set(last, at: "lastState", "terminated") }
        return ["phase": "Running", "containerStatuses": [status]]
    }

    private static let running = status(["running": ["startedAt": "2023-11-14T22:00:00Z"]])
    private static let ended: Value = [
        "exitCode": 1, "reason": "Error", "startedAt": "2023-11-14T22:00:00Z", "finishedAt": "2023-11-14T22:00:01Z",
    ]

    private func fixture(_ status: Value = running, logs: [String: LogBuffer]) async throws -> APIFixture {
        let pods = FakePods()
        pods.state.withLock { $0.logs = logs }
        let fixture = try await APIFixture(pods: pods)
        try await fixture.createRunningPod("p", status: status)
        return fixture
    }

    @Test(arguments: [
        ("", "one\ntwo\nend"), ("tailLines=1", "end"), ("tailLines=2", "two\nend"), ("tailLines=0", ""),
        ("tailLines=9", "one\ntwo\nend"), ("limitBytes=1", "o"), ("limitBytes=5", "one\nt"),
        ("sinceSeconds=60", "two\nend"), ("sinceSeconds=1", "end"), ("sinceTime=2023-11-14T22:13:11Z", "end"),
        ("tailLines=2&sinceSeconds=5", "end"), ("tailLines=2&limitBytes=3", "two"),
        (
            "timestamps=true&tailLines=2",
            "2023-11-14T22:13:10.005000060Z two\n2023-11-14T22:13:19.000000000Z end"
        ),
    ])
    func theOptionsSayWhatIsShown(query: String, expected: String) async throws {
        let answer = try await fixture(logs: ["c": Self.buffer]).send("GET", Self.log, query)
        #expect(answer.status == 200 && answer.text == expected)
    }

    @Test(
        arguments: [
            (running, "previous=true", #"previous terminated container "c" in pod "p" not found"#),
            (
                status(["waiting": ["reason": "ContainerCreating"]]), "",
                #"container "c" in pod "p" is waiting to start: ContainerCreating"#
            ),
            (
                status(["waiting": ["reason": "ErrImagePull"]]), "",
                #"container "c" in pod "p" is waiting to start: image can't be pulled"#
            ),
            (
                status(["waiting": ["reason": "ImagePullBackOff"]]), "follow=true",
                #"container "c" in pod "p" is waiting to start: trying and failing to pull image"#
            ),
            (["phase": "Pending"], "", #"container "c" in pod "p" is not available"#),
        ] as [(Value, String, String)])
    func whereThereIsNoneTheKubeletSaysWhy(status: Value, query: String, message: String) async throws {
        let answer = try await fixture(status, logs: ["c": Self.buffer]).send("GET", Self.log, query)
        #expect(answer.status == 400 && answer.reason == "BadRequest" && answer.message == message)
    }

    @Test func theRunBeforeHasItsOwn() async throws {
        let before = LogBuffer()
        before.append(Array("before\n".utf8), at: Timestamp(seconds: 1))
        let status = Self.status(["waiting": ["reason": "CrashLoopBackOff"]], last: Self.ended)
        let fixture = try await fixture(status, logs: ["c": Self.buffer, "c-": before])
        #expect(try await fixture.send("GET", Self.log, "previous=true").text == "before\n")
        // While it waits to be started again, the last run's log is shown.
        #expect(try await fixture.send("GET", Self.log, "tailLines=1").text == "end")
    }

    @Test func aLogThatIsNotKeptIsMadeUp() async throws {
        #expect(try await fixture(logs: [:]).send("GET", Self.log).text == "first\nsecond\n")
    }

    @Test func aTimeThatIsNoneIsRefused() async throws {
        let answer = try await fixture(logs: ["c": Self.buffer]).send("GET", Self.log, "sinceTime=x")
        #expect(answer.status == 400)
        #expect(answer.message == #"parsing time "x" as "2006-01-02T15:04:05Z07:00": cannot parse "x" as "2006""#)
    }

    // MARK: - following

    private func follow(_ buffer: LogBuffer, _ query: String = "") async throws -> any EventStream {
        let fixture = try await fixture(logs: ["c": buffer])
        var outcome = fixture.pipeline.handle(APIFixture.request("GET", Self.log, "follow=true&" + query))
        while case .computed(let work) = outcome { outcome = await work() }
        guard case .stream(let stream, _, _) = outcome else { throw APIFixture.Unanswered() }
        return stream
    }

    /// What the stream gives, joined, until it is as long as the text, or the end.
    private func read(_ stream: any EventStream, _ wakes: AsyncStream<Void>, _ length: Int) async -> String {
        var bytes: [UInt8] = []
        var signal = wakes.makeAsyncIterator()
        while bytes.count < length {
            switch stream.pull(maximumBytes: 1 << 16) {
            case .data(let pieces): bytes += pieces.flatMap { $0 }
            case .wait: await signal.next()
            case .end(let pieces): return String(decoding: bytes + pieces.flatMap { $0 }, as: UTF8.self) + "|"
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func whatIsWrittenFollows() async throws {
        let buffer = Self.buffer
        let stream = try await follow(buffer, "tailLines=1")
        let (wakes, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        stream.onWake { continuation.yield() }
        #expect(await read(stream, wakes, 3) == "end")
        buffer.append(Array("ing\n".utf8), at: Timestamp(seconds: 2))
        #expect(await read(stream, wakes, 4) == "ing\n")
        buffer.append(Array("a".utf8), at: Timestamp(seconds: 2))
        #expect(await read(stream, wakes, 1) == "a")
        buffer.append(Array("\n".utf8), at: Timestamp(seconds: 2))
        #expect(await read(stream, wakes, 1) == "\n")
        buffer.append(Array("last".utf8), at: Timestamp(seconds: 2))
        buffer.end()
        #expect(await read(stream, wakes, 100) == "last|")
    }

    @Test func aSlowReaderIsWaitedFor() async throws {
        let buffer = LogBuffer(capacity: 1 << 20)
        for _ in 0..<3000 { buffer.append([UInt8](repeating: 120, count: 99) + [10], at: Timestamp(seconds: 2)) }
        let stream = try await follow(buffer)
        let (wakes, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        stream.onWake { continuation.yield() }
        var signal = wakes.makeAsyncIterator()
        await signal.next()
        buffer.end()
        #expect(await read(stream, wakes, .max).utf8.count == 300_001)
        stream.cancel()
        stream.cancel()
    }

    @Test func aLimitEndsWhatFollows() async throws {
        let stream = try await follow(Self.buffer, "limitBytes=6")
        let (wakes, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        stream.onWake { continuation.yield() }
        #expect(await read(stream, wakes, 100) == "one\ntw|")
    }

    @Test func aClientMayAskForMessages() async throws {
        let fixture = try await fixture(logs: ["c": Self.buffer])
        var request = APIFixture.request("GET", Self.log)
        request.headers += [(name: "Connection", value: "Upgrade"), (name: "Upgrade", value: "websocket")]
        var outcome = fixture.pipeline.handle(request)
        while case .computed(let work) = outcome { outcome = await work() }
        guard case .session(.log(let session), _, _) = outcome else { throw APIFixture.Unanswered() }
        let pipe = Pipe()
        await session.write(pipe)
        pipe.end()
        #expect(await pipe.all(limit: 100) == Array("one\ntwo\nend".utf8))
    }
}
