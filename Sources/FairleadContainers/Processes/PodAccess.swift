/// Which container of which pod.
package struct ContainerName: Hashable, Sendable {
    package var namespace: String
    package var pod: String
    package var podUID: String
    package var container: String

    package init(namespace: String, pod: String, podUID: String, container: String) {
        self.namespace = namespace
        self.pod = pod
        self.podUID = podUID
        self.container = container
    }
}

/// The streams of somebody who talks to a container.
package struct ClientStreams: Sendable {
    /// nil if the client sends none.
    package var input: (any ByteSource)?
    package var output: (any ByteSink)?
    package var errors: (any ByteSink)?
    /// Whether they are a terminal.
    package var isTerminal: Bool
    /// The sizes of the client's terminal, as it changes them.
    package var sizes: AsyncStream<TerminalSize>?

    package init(
        input: (any ByteSource)? = nil, output: (any ByteSink)? = nil, errors: (any ByteSink)? = nil,
        isTerminal: Bool = false, sizes: AsyncStream<TerminalSize>? = nil
    ) {
        self.input = input
        self.output = output
        self.errors = errors
        self.isTerminal = isTerminal
        self.sizes = sizes
    }
}

/// Why a container cannot be talked to.
package enum PodAccessError: Error, Hashable, Sendable {
    /// It does not run; the text is the runtime's.
    case notRunning(String)
    case launch(LaunchError)
    /// There are no machines behind this server.
    case notSimulated
}

/// What the API server asks of a kubelet: the door to simulated containers.
package protocol PodAccess: Sendable {
    /// Runs a command beside the container's own, and returns when it has ended or the task is cancelled.
    func exec(
        _ command: [String], in container: ContainerName, streams: ClientStreams
    ) async throws(PodAccessError) -> ExitStatus

    /// Connects to the streams of the container's own process, until that ends or the task is cancelled.
    func attach(to container: ContainerName, streams: ClientStreams) async throws(PodAccessError)

    /// What the container has written in its present run, or the one before; nil if there is none.
    func log(of container: ContainerName, previous: Bool) -> LogBuffer?

    /// A connection to a port of the pod's own network, as from inside of it: for port forwarding.
    func connect(toPod uid: String, port: UInt16) async throws(NetworkError) -> Connection

    /// A connection from a node (nil for the machine of the API server) to any address: for the proxy subresources.
    func connect(
        fromNode node: String?, to destination: NetworkAddress, within limit: Duration
    ) async throws(NetworkError) -> Connection
}
