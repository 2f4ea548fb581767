/// The end of something that others wait for, with its status.
package final class Completion: Sendable {
    private let state = Watched<Int32?>(nil)

    /// What has not ended yet.
    package init() {}

    /// The status; nil before the end.
    package var status: Int32? { state.withLock { $0 } }

    /// Ends it; only the first status counts.
    package func finish(_ status: Int32) { state.change { $0 = $0 ?? status } }

    /// The status, once there is one; nil if the task is cancelled before.
    @discardableResult
    package func wait() async -> Int32? {
        await state.wait { $0 != nil }
        return status
    }
}
