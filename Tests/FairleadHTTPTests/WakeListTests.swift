import Dispatch
import FairleadAPI
import FairleadHTTP
import Synchronization
import Testing

/// Many streams that are woken together.
@Suite(.timeLimit(.minutes(1)))
struct WakeListTests {
    /// Streams that have nothing to send; the last of them that is pulled after a wake waits for the answer to the write that
    /// woke them.
    private final class Crowd: Sendable {
        struct State {
            var wakes: [@Sendable () -> Void] = []
            var pulls = 0
            var isAwake = false
        }

        let size: Int
        let state = Mutex(State())
        let answered = DispatchSemaphore(value: 0)
        let wasInTime = Mutex<Bool?>(nil)

        init(size: Int) { self.size = size }

        func wake() {
            let wakes = state.withLock { state in
                state.isAwake = true
                return state.wakes
            }
            for wake in wakes { wake() }
        }

        func pulled() {
            let isLast = state.withLock { state in
                state.pulls += state.isAwake ? 1 : 0
                return state.pulls == size
            }
            guard isLast else { return }
            let result = answered.wait(timeout: .now() + .seconds(10))
            wasInTime.withLock { $0 = $0 ?? (result == .success) }
        }
    }

    private final class Member: EventStream {
        private let crowd: Crowd

        init(_ crowd: Crowd) { self.crowd = crowd }

        var deadline: SuspendingClock.Instant? { nil }
        func onWake(_ wake: @escaping @Sendable () -> Void) { crowd.state.withLock { $0.wakes.append(wake) } }
        func pull(maximumBytes: Int) -> StreamStep {
            crowd.pulled()
            return .wait
        }
        func cancel() {}
    }

    @Test func theAnswerToAWriteDoesNotWaitForAllStreamsThatItWoke() async throws {
        let crowd = Crowd(size: 400)
        let handler: @Sendable (APIRequest) -> APIOutcome = { request in
            guard request.path == "/write" else {
                return .stream(Member(crowd), contentType: "application/json", headers: [])
            }
            return .deferred {
                // As a commit does: watches are woken first, on a thread of its own.
                await withCheckedContinuation { continuation in
                    DispatchQueue.global().async {
                        crowd.wake()
                        continuation.resume()
                    }
                }
                return .response(.text(200, "written"))
            }
        }
        try await withServer({ $0.eventLoops = 1 }, handler: handler) { _, port in
            var clients: [TestClient] = []
            for _ in 0..<crowd.size {
                let client = try await TestClient.connect(port: port)
                try await client.send("GET /watch HTTP/1.1\r\nHost: localhost\r\n\r\n")
                _ = try await client.readHead()
                clients.append(client)
            }
            let writer = try await TestClient.connect(port: port)
            try await writer.send("GET /write HTTP/1.1\r\nHost: localhost\r\n\r\n")
            #expect(try await writer.readResponse().text == "written")
            crowd.answered.signal()
            while crowd.wasInTime.withLock({ $0 }) == nil { try await Task.sleep(for: .milliseconds(5)) }
            #expect(crowd.wasInTime.withLock { $0 } == true)
            for client in clients { try await client.close() }
        }
    }
}
