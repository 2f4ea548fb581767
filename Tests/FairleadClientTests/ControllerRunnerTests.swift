import FairleadClient
import FairleadClientTesting
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
            #expect(await eventually { runner.health.secondsSinceProgress == 0 }, "the other worker goes on")
            clock.advance(by: .seconds(1))
            #expect(runner.health.problem == "c has been at work on hangs for 60 s")
            release.raise()
            #expect(await eventually { runner.health.inWork == 0 })
            #expect(runner.health.problem == nil)
            group.cancelAll()
        }
    }
}
