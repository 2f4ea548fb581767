import CFairleadMemory
import Dispatch
import FairleadModel
import Foundation

/// What malloc keeps of freed memory for each thread. It is little, but spread: each piece holds on to a page, and no
/// trimming reaches it. So the threads that live long are asked, one by one, to hand it over.
struct ThreadCaches: Sendable {
    /// Runs work on each of some threads, soon.
    typealias Threads = @Sendable (_ work: @escaping @Sendable () -> Void) -> Void

    var threads: [Threads]
    var clock: any DelayClock = SystemDelayClock()

    /// Takes a tenth of a second; each thread is at it for a few milliseconds at most.
    func empty() async {
        for threads in threads + [Self.dispatch] { threads { fairlead_thread_cache_set_aside() } }
        await clock.sleep(for: .milliseconds(100))
        fairlead_thread_caches_free()
    }

    /// The threads of tasks, and those of serial queues. Which of them takes a job cannot be told, so each is kept busy
    /// for a moment, and another one takes the next.
    private static let dispatch: Threads = { work in
        let count = max(2, ProcessInfo.processInfo.activeProcessorCount)
        for number in 0..<count {
            let job: @Sendable () -> Void = {
                work()
                Thread.sleep(forTimeInterval: 0.002)
            }
            DispatchQueue.global().async(execute: job)
            DispatchQueue(label: "fairlead.upkeep.\(number)").async(execute: job)
        }
    }
}
