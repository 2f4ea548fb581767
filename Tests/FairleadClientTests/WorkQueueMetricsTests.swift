import FairleadClient
import FairleadClientTesting
import Synchronization
import Testing

struct WorkQueueMetricsTests {
    private final class Tally: WorkQueueMetrics {
        let lines = Mutex<[String]>([])

        private func note(_ line: String) { lines.withLock { $0.append(line) } }
        func depthChanged(to depth: Int) { note("depth \(depth)") }
        func added() { note("added") }
        func retried() { note("retried") }
        func taken(after wait: Duration) { note("taken after \(wait)") }
        func finished(after work: Duration) { note("finished after \(work)") }
        func take() -> [String] {
            lines.withLock { lines in
                defer { lines = [] }
                return lines
            }
        }
    }

    @Test func aKeyIsCountedFromTheTimeItWasFirstAddedUntilItIsDone() async {
        let clock = ManualClock()
        let tally = Tally()
        let queue = WorkQueue<String>(clock: clock, metrics: tally)
        queue.add("a")
        clock.advance(by: .seconds(1))
        queue.add("a")
        #expect(tally.take() == ["added", "depth 1"], "a key that waits already is not added again")
        clock.advance(by: .seconds(1))
        #expect(await queue.get() == "a")
        #expect(tally.take() == ["depth 0", "taken after \(Duration.seconds(2))"])
        clock.advance(by: .seconds(3))
        queue.add("a")
        clock.advance(by: .seconds(4))
        queue.done("a")
        #expect(tally.take() == ["added", "finished after \(Duration.seconds(7))", "depth 1"])
        clock.advance(by: .seconds(5))
        #expect(await queue.get() == "a")
        #expect(tally.take() == ["depth 0", "taken after \(Duration.seconds(9))"])
        queue.addRateLimited("a")
        #expect(tally.take() == ["retried"])
    }

    @Test func healthSumsUpTheWorkThatIsNotFinished() async {
        let clock = ManualClock()
        let queue = WorkQueue<String>(clock: clock)
        for key in ["a", "b"] {
            queue.add(key)
            _ = await queue.get()
            clock.advance(by: .seconds(10))
        }
        let health = queue.health("c", .running)
        #expect(health.longestWork == .seconds(20))
        #expect(health.unfinishedWork == .seconds(30))
    }
}
