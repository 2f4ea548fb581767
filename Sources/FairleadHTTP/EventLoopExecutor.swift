import NIOCore

/// Runs the pieces of a task on one event loop.
///
/// A request's work then begins and ends on the loop that reads and answers it: no hand-over to another pool and back.
/// It must never block, and long work must come in pieces, as everything on an event loop.
final class EventLoopExecutor: TaskExecutor {
    private let eventLoop: any EventLoop

    init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    /// A loop that has been shut down runs nothing any more: what would have been answered has no connection.
    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        eventLoop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
