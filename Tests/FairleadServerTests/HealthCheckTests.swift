import FairleadClient
import FairleadClientTesting
import FairleadModel
import Testing

@testable import FairleadServer

/// Health checks that look at parts of the process.
struct HealthCheckTests {
    @Test func aControllerThatEndsBySelfIsNamedAndOneThatIsStoppedIsNot() async {
        let liveness = ControllerLiveness()
        await liveness.watch("stays") {
            #expect(liveness.failure == nil)
            await liveness.watch("ends") {}
            #expect(liveness.failure == "ended: ends")
        }
        let stopped = ControllerLiveness()
        let task = Task { await stopped.watch("stopped") { while !Task.isCancelled { await Task.yield() } } }
        task.cancel()
        await task.value
        #expect(stopped.failure == nil)
    }

    @Test func informersThatHaveNotListedAreNamedAfterAWhile() async {
        let clock = ManualClock()
        let informers = InformerSet(client: InMemoryClient(), clock: clock)
        _ = informers.informer(.services)
        #expect(informers.syncFailure == nil)
        clock.advance(by: .seconds(6))
        #expect(informers.syncFailure == "not yet listed: services")
        let run = Task { await informers.run() }
        await informers.waitForSync()
        #expect(informers.syncFailure == nil)
        run.cancel()
        await run.value
    }
}
