import CFairleadMemory
import FairleadClient

/// Gives back what a burst has left: malloc keeps freed memory, in case of another burst.
struct MemoryUpkeep: Sendable {
    /// What malloc holds.
    struct Heap: Sendable {
        var unused: Int
        var used: Int

        /// Whether giving back is worth the work: it stops whoever allocates meanwhile, and in the middle of a burst
        /// all of it would be needed again.
        func isWasteful(after before: Heap) -> Bool {
            unused > 16 << 20 && unused > used / 4 && used <= before.used + before.used / 8
        }
    }

    var clock: any DelayClock = SystemDelayClock()
    var heap: @Sendable () -> Heap = {
        let now = fairlead_heap_now()
        return Heap(unused: Int(clamping: now.unused), used: Int(clamping: now.used))
    }
    var trim: @Sendable () -> Void = { fairlead_heap_trim() }
    /// Gives up caches: they are filled while a burst lasts, and are spread over its pages.
    var forget: @Sendable () -> Void = {}

    private static let interval = Duration.seconds(20)

    /// Until the task is cancelled.
    func run() async {
        var before = heap()
        while !Task.isCancelled {
            await clock.sleep(for: Self.interval)
            let now = heap()
            if now.isWasteful(after: before) {
                forget()
                trim()
            }
            before = now
        }
    }
}
