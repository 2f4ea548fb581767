package import FairleadRouting

/// A connection that the kernel remembers (conntrack): where its packets go, and who answers.
package struct TrackedConnection: Hashable, Sendable {
    /// The destination before translation.
    package let destination: Socket
    /// The source of the answers: the destination after translation.
    package let answering: Socket

    package init(destination: Socket, answering: Socket) {
        self.destination = destination
        self.answering = answering
    }
}

/// The kernel's memory of connections.
package protocol ConnectionMemory: Sendable {
    /// The UDP connections of both families, each kind once.
    func connections() async throws -> Set<TrackedConnection>
    /// Forgets all connections of that kind: their next packets are new ones.
    func forget(_ connection: TrackedConnection) async throws
}
