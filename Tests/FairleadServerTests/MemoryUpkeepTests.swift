import FairleadClientTesting
import Synchronization
import Testing

@testable import FairleadServer

/// When memory is given back.
struct MemoryUpkeepTests {
    private final class Machine: Sendable {
        let heap = Mutex(MemoryUpkeep.Heap(unused: 0, used: 50 << 20))
        let trims = Mutex(0)
        let hasForgotten = Mutex(false)
    }

    @Test(arguments: [
        (15, 0, 0, false), (17, 0, 0, true), (100, 400, 400, false), (101, 400, 400, true), (101, 400, 500, true),
        (200, 500, 50, false),
    ])
    func muchThatIsUnusedIsGivenBackUnlessItIsAboutToBeUsed(unused: Int, used: Int, before: Int, isWasteful: Bool) {
        let now = MemoryUpkeep.Heap(unused: unused << 20, used: used << 20)
        #expect(now.isWasteful(after: .init(unused: 0, used: before << 20)) == isWasteful)
    }

    @Test func memoryIsGivenBackOnceAfterABurst() async {
        let machine = Machine()
        let clock = ManualClock()
        var upkeep = MemoryUpkeep(clock: clock)
        upkeep.heap = { machine.heap.withLock { $0 } }
        upkeep.forget = { machine.hasForgotten.withLock { $0 = true } }
        upkeep.trim = {
            #expect(machine.hasForgotten.withLock { $0 })
            machine.trims.withLock { $0 += 1 }
            machine.heap.withLock { $0.unused = 0 }
        }
        let run = Task { [upkeep] in await upkeep.run() }
        machine.heap.withLock { $0.unused = 200 << 20 }
        #expect(
            await eventually {
                clock.advance(by: .seconds(20))
                return machine.trims.withLock { $0 } > 0
            })
        for _ in 0..<100 {
            clock.advance(by: .seconds(20))
            await Task.yield()
        }
        #expect(machine.trims.withLock { $0 } == 1)
        run.cancel()
        await run.value
    }
}
