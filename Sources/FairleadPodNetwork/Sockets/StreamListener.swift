import FairleadContainers

/// What answers connections to a port, and the tasks that do.
struct StreamListener: Sendable {
    let handle: @Sendable (Connection) async -> Void
    let tasks = TaskKeeper()

    /// Handles a connection, and closes it then.
    ///
    /// - Returns: false if the port has been closed meanwhile.
    func accept(_ connection: Connection) -> Bool {
        let handle = handle
        return tasks.start {
            await handle(connection)
            connection.close()
        } != nil
    }
}
