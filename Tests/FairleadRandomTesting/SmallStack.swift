import Foundation

/// Threads with a small part of the stack that the server's threads have (8 MB, as /proc/PID/maps shows): what works here
/// has room there. The frames of a debug build are several times as large.
package enum SmallStack {
    #if DEBUG
        package static let size = 6 << 20
    #else
        package static let size = 1 << 20
    #endif

    /// Carries out `work` on such a thread and gives its result.
    package static func run<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            start { continuation.resume(with: Swift.Result { try work() }) }
        }
    }

    fileprivate static func start(_ work: @escaping @Sendable () -> Void) {
        let thread = Thread(block: work)
        thread.stackSize = size
        thread.start()
    }
}

/// Carries out tasks on such threads.
package final class SmallStackExecutor: TaskExecutor {
    package init() {}

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        SmallStack.start { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}

/// Texts that nest.
package func nested(_ depth: Int, open: String = "{\"a\":", inside: String = "1", close: String = "}") -> String {
    String(repeating: open, count: depth) + inside + String(repeating: close, count: depth)
}
