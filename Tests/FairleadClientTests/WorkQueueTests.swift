import FairleadClientTesting
import InMemoryLogging
import Logging
import Testing

@testable import FairleadClient

@Suite(.timeLimit(.minutes(1)))
struct WorkQueueTests {
    @Test func handsOutEachKeyOnceInOrderOfItsFirstAdd() async {
        let queue = WorkQueue<String>()
        for key in ["a", "b", "a", "c", "b"] { queue.add(key) }
        #expect(queue.length == 3)
        #expect([await queue.get(), await queue.get(), await queue.get()] == ["a", "b", "c"])
        #expect(queue.length == 0)
    }

    @Test func aKeyAddedWhileInWorkComesBackOnlyAfterDone() async {
        let queue = WorkQueue<String>()
        queue.add("a")
        #expect(await queue.get() == "a")
        queue.add("a")
        queue.add("b")
        #expect(await queue.get() == "b")
        #expect(queue.length == 0)
        queue.done("a")
        #expect(await queue.get() == "a")
    }

    @Test func aWaitingWorkerIsHandedTheKey() async {
        let queue = WorkQueue<Int>()
        async let first = queue.get()
        async let second = queue.get()
        queue.add(1)
        queue.add(2)
        #expect(Set([await first, await second]) == [1, 2])
    }

    @Test func cancellationAndShutDownEndTheWait() async {
        let queue = WorkQueue<Int>()
        let waiting = await withTaskGroup(of: Int?.self) { group in
            group.addTask { await queue.get() }
            group.cancelAll()
            return await group.next() ?? 7
        }
        #expect(waiting == nil)
        queue.add(5)
        queue.shutDown()
        queue.add(6)
        #expect(await queue.get() == 5)
        #expect(await queue.get() == nil)
    }

    /// Seconds come out of objects: what no clock can count is waited for a day.
    @Test(arguments: [Double.infinity, 1e300, 1e12])
    func noDelayIsTooLong(seconds: Double) async {
        let clock = ManualClock()
        let queue = WorkQueue<String>(clock: clock)
        queue.addAfter("key", .seconds(saturating: seconds))
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await queue.runDelays() }
            clock.advance(by: .seconds(86_399))
            #expect(queue.delayed == 1)
            clock.advance(by: .seconds(1))
            #expect(await queue.get() == "key")
            group.cancelAll()
        }
    }

    @Test func delayedKeysComeWhenTheirTimeHasComeEarliestFirst() async {
        let clock = ManualClock()
        let queue = WorkQueue<String>(clock: clock)
        queue.addAfter("late", .seconds(9))
        queue.addAfter("soon", .seconds(2))
        queue.addAfter("soon", .seconds(20))
        queue.addAfter("late", .seconds(5))
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await queue.runDelays() }
            clock.advance(by: .seconds(2))
            #expect(await queue.get() == "soon")
            #expect(queue.delayed == 1)
            clock.advance(by: .seconds(3))
            #expect(await queue.get() == "late")
            #expect(queue.delayed == 0)
            group.cancelAll()
        }
    }

    @Test func keysBroughtForwardAgainAndAgainLeaveNothingBehind() {
        var heap = DelayHeap<Int>()
        for round in 0..<10_000 { _ = heap.insert(round % 3, deadline: .seconds(20_000 - round)) }
        #expect(heap.count == 3)
        #expect(heap.size < 200)
        #expect(heap.popDue(.seconds(10_001)) == 0)
        #expect(heap.popDue(.seconds(10_001)) == nil)
        #expect(
            [heap.popDue(.seconds(30_000)), heap.popDue(.seconds(30_000)), heap.popDue(.seconds(30_000))] == [
                2, 1, nil,
            ])
    }

    @Test func delayedKeysComeAtOnceAfterAPause() async {
        let clock = ManualClock()
        let queue = WorkQueue<Int>(clock: clock)
        for key in 0..<100 { queue.addAfter(key, .seconds(100 - key)) }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await queue.runDelays() }
            clock.advance(by: .seconds(3600))
            for key in (0..<100).reversed() { #expect(await queue.get() == key) }
            group.cancelAll()
        }
    }

    @Test func failuresBackOffExponentiallyUntilForgotten() {
        let queue = WorkQueue<String>(clock: ManualClock())
        let delays = (0..<4).map { _ in queue.addRateLimited("a") }
        #expect(delays == [5, 10, 20, 40].map { Duration.milliseconds($0) })
        #expect(queue.addRateLimited("b") == .milliseconds(5))
        queue.forget("a")
        #expect(queue.addRateLimited("a") == .milliseconds(5))
        #expect(Backoff.controllers.delay(afterFailures: 60) == .seconds(1000))
    }

    @Test func everyKeyOfManyIsWorkedOnByOneWorkerAtATime() async {
        let queue = WorkQueue<Int>()
        let total = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    var seen = 0
                    while let key = await queue.get() {
                        seen += 1
                        queue.done(key)
                    }
                    return seen
                }
            }
            for key in 0..<500 { queue.add(key) }
            queue.shutDown()
            return await group.reduce(0, +)
        }
        #expect(total == 500)
    }

    @Test func aRunnerRetriesFailuresAndReportsThem() async {
        struct Failure: Error {}
        let clock = ManualClock()
        let queue = WorkQueue<String>(clock: clock)
        let handler = InMemoryLogHandler()
        let failed = Sightings<Int>()
        let done = Sightings<Int>()
        let runner = ControllerRunner(
            name: "test", workers: 1, queue: queue,
            log: FailureLog(logger: Logger(label: "test") { _ in handler }, clock: clock),
            reconcile: { key in
                if queue.failures(of: key) < 2 {
                    failed.see(queue.failures(of: key))
                    throw Failure()
                }
                done.see(queue.failures(of: key))
                return .done
            })
        queue.add("a")
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await runner.run() }
            for expected in [0.005, 0.01] {
                _ = await failed.next(1)
                let isDelayed = await eventually { queue.delayed == 1 }
                #expect(isDelayed)
                clock.advance(by: .seconds(expected))
            }
            #expect(await done.next(1) == [2])
            group.cancelAll()
        }
        #expect(queue.failures(of: "a") == 0)
        #expect(handler.entries.map(\.message) == ["reconcile failed", "reconcile recovered"])
        #expect(handler.entries.first?.metadata["retryAfter"]?.description == "0.005s")
        #expect(handler.entries.last?.metadata["retries"]?.description == "2")
    }
}
