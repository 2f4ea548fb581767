import CFairleadMemory
import FairleadModel

/// Returns memory to the system after a burst: malloc keeps freed memory in case of another burst. After the start, the
/// pages of code that is not needed again are let go of.
struct MemoryUpkeep: Sendable {
    /// The memory that malloc holds.
    struct Heap: Sendable {
        var unused: Int
        var used: Int

        /// Whether trimming is worth the effort: it blocks other threads that allocate, and in the middle of a burst
        /// all of the memory would be needed again.
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
    /// Empties caches: they grow during a burst, and their entries are spread over its pages.
    var forget: @Sendable () -> Void = {}

    /// Empties what malloc keeps for each thread alone, before memory is trimmed.
    var emptyThreads: @Sendable () async -> Void = {}
    var releaseCode: @Sendable () -> Void = { fairlead_code_release() }

    /// Before anything large is allocated.
    static func prepare() { fairlead_heap_tune() }

    private static let interval = Duration.seconds(20)
    /// When the controllers have looked at everything once.
    private static let start = Duration.seconds(3)

    /// Runs until the task is cancelled.
    func run() async {
        await clock.sleep(for: Self.start)
        releaseCode()
        var before = heap()
        while !Task.isCancelled {
            await clock.sleep(for: Self.interval)
            let now = heap()
            if now.isWasteful(after: before) {
                forget()
                await emptyThreads()
                trim()
                releaseCode()
            }
            before = now
        }
    }
}
