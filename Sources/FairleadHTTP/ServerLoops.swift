import NIOCore
package import NIOPosix

/// The event loops of a server: of its connections, and of what it asks others, which need not leave the loop of the
/// request that it is about.
package final class ServerLoops: Sendable {
    package let group: MultiThreadedEventLoopGroup

    /// - Parameter count: one per core if nil.
    package init(count: Int? = nil) {
        group = MultiThreadedEventLoopGroup(numberOfThreads: count ?? System.coreCount)
    }

    /// Once everything that lives on them has ended.
    package func shutdown() async {
        // It fails only if they have been shut down already.
        try? await group.shutdownGracefully()
    }
}
