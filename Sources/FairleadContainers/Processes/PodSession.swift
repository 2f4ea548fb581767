/// What somebody wants of a pod that takes more than one answer: it goes on after the connection has left HTTP.
package enum PodSession: Sendable {
    case command(CommandSession)
    case ports(PortSession)
    case log(LogSession)
    case relay(RelaySession)
}

/// exec and attach: a process with the streams of a client.
package struct CommandSession: Sendable {
    package var hasInput: Bool
    package var hasOutput: Bool
    package var hasErrors: Bool
    package var isTerminal: Bool
    /// Returns when the process has ended; its task is cancelled when the client has gone.
    package var run: @Sendable (ClientStreams) async -> CommandEnd

    package init(
        hasInput: Bool = false, hasOutput: Bool = false, hasErrors: Bool = false, isTerminal: Bool = false,
        run: @escaping @Sendable (ClientStreams) async -> CommandEnd
    ) {
        self.hasInput = hasInput
        self.hasOutput = hasOutput
        self.hasErrors = hasErrors
        self.isTerminal = isTerminal
        self.run = run
    }
}

/// How a command has ended, as the client is told.
package enum CommandEnd: Hashable, Sendable {
    case success
    case exit(code: Int32, command: [String])
    /// It was not run, or not to its end; the text follows `Internal error occurred: `.
    case failure(String)
}

/// Port forwarding: connections to the ports of a pod.
package struct PortSession: Sendable {
    /// The ports named in the request: clients that use channels instead of streams name them there.
    package var ports: [UInt16]
    /// What error texts call the pod: the id of its sandbox.
    package var sandbox: String
    package var connect: @Sendable (UInt16) async throws(NetworkError) -> Connection

    package init(
        ports: [UInt16], sandbox: String,
        connect: @escaping @Sendable (UInt16) async throws(NetworkError) -> Connection
    ) {
        self.ports = ports
        self.sandbox = sandbox
        self.connect = connect
    }
}

/// A log that is sent in messages.
package struct LogSession: Sendable {
    /// Writes all there is, and what follows; returns at the end.
    package var write: @Sendable (any ByteSink) async -> Void

    package init(write: @escaping @Sendable (any ByteSink) async -> Void) { self.write = write }
}

/// A protocol that another server has agreed to already: the bytes of both directions are passed on as they are.
package struct RelaySession: Sendable {
    /// Of the other server's answer, hop-by-hop headers included.
    package var headers: [(name: String, value: String)]
    /// Passes bytes on until one side has ended; its task is cancelled when the client has gone.
    package var run: @Sendable (any ByteSource, any ByteSink) async -> Void

    package init(
        headers: [(name: String, value: String)],
        run: @escaping @Sendable (any ByteSource, any ByteSink) async -> Void
    ) {
        self.headers = headers
        self.run = run
    }
}
