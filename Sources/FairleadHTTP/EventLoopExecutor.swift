import NIOCore

/// Runs the jobs of a task on one event loop.
///
/// A request's work then begins and ends on the loop that reads and answers it, without a hand-over to another pool and
/// back. As with everything on an event loop, it must never block, and long work must be split up.
final class EventLoopExecutor: TaskExecutor {
    private let eventLoop: any EventLoop

    init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    /// A loop that has been shut down runs nothing: the connection that would have been answered is gone.
    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        eventLoop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
