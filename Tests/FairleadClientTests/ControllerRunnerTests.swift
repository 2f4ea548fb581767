import FairleadClient
import FairleadClientTesting
import FairleadModel
import InMemoryLogging
import Logging
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ControllerRunnerTests {
    @Test func healthTellsWaitingFromRunningFromEnded() async {
        let queue = WorkQueue<String>(clock: ManualClock())
        let runner = ControllerRunner(name: "c", workers: 1, queue: queue) { _ in .done }
        #expect(runner.health == ControllerHealth(name: "c", state: .waiting))
        queue.shutDown()
        await runner.run()
        #expect(runner.health.state == .ended)
        #expect(runner.health.problem == "c has ended")
    }

    @Test func healthNamesTheKeyThatIsStuckAndForHowLong() async {
        let clock = ManualClock()
        let queue = WorkQueue<String>(clock: clock)
        let release = Signal()
        let runner = ControllerRunner(name: "c", workers: 2, queue: queue) { key in
            if key == "hangs" { await release.wait() }
            return .done
        }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await runner.run() }
            queue.add("hangs")
            #expect(await eventually { runner.health.inWork == 1 })
            clock.advance(by: .seconds(59))
            #expect(runner.health.problem == nil)
            queue.add("other")
            #expect(await eventually { runner.health.sinceProgress == .zero }, "the other worker goes on")
            clock.advance(by: .seconds(1))
            #expect(runner.health.problem == "c has been at work on hangs for 60 s")
            release.raise()
            #expect(await eventually { runner.health.inWork == 0 })
            #expect(runner.health.problem == nil)
            group.cancelAll()
        }
    }

    @Test func aWorkerThatHangsIsReplacedSoThatOtherKeysGoOn() async {
        let clock = ManualClock()
        let queue = WorkQueue<String>(clock: clock)
        let release = Signal()
        let handler = InMemoryLogHandler()
        let log = FailureLog(logger: Logger(label: "test") { _ in handler }, clock: clock)
        let runner = ControllerRunner(name: "c", workers: 1, queue: queue, log: log) { key in
            if key == "hangs" { await release.wait() }
            return .done
        }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await runner.run() }
            queue.add("hangs")
            #expect(await eventually { runner.health.inWork == 1 })
            queue.add("other")
            let isDone = await eventually {
                clock.advance(by: .seconds(5))
                return queue.length == 0 && runner.health.inWork == 1
            }
            #expect(isDone)
            #expect(clock.now >= .seconds(60))
            #expect(handler.entries.map { $0.metadata["key"]?.description } == ["hangs"])
            // Once is enough: there are no more workers than two in the place of one.
            clock.advance(by: .seconds(600))
            queue.add("third")
            #expect(await eventually { runner.health.inWork == 1 && queue.length == 0 })
            #expect(handler.entries.map { $0.metadata["key"]?.description } == ["hangs"])
            release.raise()
            #expect(await eventually { runner.health.inWork == 0 })
            queue.add("fourth")
            #expect(await eventually { queue.length == 0 && runner.health.inWork == 0 })
            group.cancelAll()
        }
    }

    @Test(arguments: [(code: 500, delay: 30.0), (507, 30), (422, 1000)])
    func theServersOwnTroubleIsTriedAgainSoon(code: Int, delay: Double) async {
        let clock = ManualClock()
        let queue = WorkQueue<String>(clock: clock)
        for _ in 0..<60 { queue.addRateLimited("k") }
        let handler = InMemoryLogHandler()
        let log = FailureLog(logger: Logger(label: "test") { _ in handler }, clock: clock)
        let runner = ControllerRunner(name: "c", workers: 1, queue: queue, log: log) { _ in
            throw APIStatus(code: code, reason: "X", message: "x")
        }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await runner.run() }
            queue.add("k")
            #expect(await eventually { !handler.entries.isEmpty })
            group.cancelAll()
        }
        #expect(handler.entries.first?.metadata["retryAfter"]?.description == "\(delay)s")
    }

    @Test(arguments: [Double.nan, .infinity, 1e300, 0, -5])
    func aDelayOfAnyNumberNeitherStopsNorSpinsTheQueue(seconds: Double) async {
        let clock = ManualClock()
        let queue = WorkQueue<String>(clock: clock)
        let count = Mutex(0)
        let runner = ControllerRunner(name: "c", workers: 1, queue: queue) { key in
            if key != "odd" { return .done }
            count.withLock { $0 += 1 }
            return .again(after: .seconds(saturating: seconds))
        }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await runner.run() }
            queue.add("odd")
            #expect(await eventually { count.withLock { $0 } == 1 && runner.health.inWork == 0 })
            queue.add("plain")
            #expect(await eventually { queue.length == 0 && runner.health.inWork == 0 })
            #expect(count.withLock { $0 } == 1, "the clock has not moved")
            clock.advance(by: .seconds(366 * 86_400))
            #expect(await eventually { count.withLock { $0 } == 2 })
            group.cancelAll()
        }
    }
}
