import FairleadClient
import FairleadClientTesting
import FairleadModel
import Logging
import NIOPosix
import Testing

@testable import FairleadRemote

struct WatchStreamTests {
    /// What is not taken stays with the server, apart from what the buffers of the kernel hold (32 MiB by default).
    @Test func whoDoesNotReadMakesTheServerWait() async throws {
        let answers = Answers()
        let server = try await TestAPIServer.start { _, answer in
            answer.begin()
            answers.add(answer)
        }
        let transport = try RemoteTransport(
            RemoteServer(url: try ServerURL(server.url)), userAgent: "test", limits: RemoteLimits(),
            clock: SystemDelayClock(), logger: Logger(label: "test"), group: MultiThreadedEventLoopGroup.singleton)
        let handle = WatchHandle()
        let stream = try await transport.open(.init(target: "/"), handle)
        let answer = try await answers.next(0)
        let (pieces, piece) = (90, String(repeating: "x", count: 1 << 20))
        for _ in 0..<pieces { answer.write(piece) }
        // Until nothing more goes out for a while.
        var (sent, looks) = (-1, 0)
        let hasStopped = await eventually {
            looks = answer.sentBytes == sent ? looks + 1 : 0
            sent = answer.sentBytes
            return looks > 100
        }
        #expect(hasStopped)
        #expect(sent < 60 << 20)
        var received = 0
        while received < pieces << 20 {
            let intake = stream.take()
            received += intake.pieces.reduce(0) { $0 + $1.readableBytes }
            if case .failed(let error)? = intake.end { throw error }
            if intake.pieces.isEmpty { await handle.signal.wait() }
        }
        #expect(received == pieces << 20)
        handle.cancel()
        await transport.shutdown()
        await server.stop()
    }
}
