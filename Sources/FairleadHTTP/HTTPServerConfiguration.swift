/// What an `HTTPServer` listens on, and the limits for its clients.
package struct HTTPServerConfiguration: Sendable {
    /// Where to listen; port 0 takes a free one.
    package var addresses: [HTTPAddress]
    /// Listening on anything but a loopback address must be allowed explicitly: there is no authentication worth the
    /// name.
    package var allowsRemote = false
    /// Whether loopback addresses without TLS serve only the user who runs the server, and root.
    package var isForOwner = false
    /// The door with TLS; nil for none.
    package var secure: SecureDoor?

    /// Kubernetes' limit for a request body.
    package var maximumBodyBytes = 3 * 1024 * 1024
    /// The memory for request bodies at a time, across all clients.
    package var bodyMemory = 256 * 1024 * 1024
    /// Go's default limit for the request line and all headers together.
    package var maximumHeaderBytes = 1024 * 1024
    /// The minimum size for compressing an answer if the client accepts gzip (Kubernetes: 128 KiB).
    package var compressionThreshold = 128 * 1024
    /// nil means the process's limit of open files, less some for the process itself.
    package var maximumConnections: Int?
    /// Files that the process opens for purposes other than connections.
    package var reservedFiles = 256

    /// How long a connection may be idle between requests, how long a head may take to arrive, and how long a body or a
    /// large answer may make no progress. Counted in whole ticks.
    package var idleTimeout: Duration = .seconds(90)
    package var headerTimeout: Duration = .seconds(32)
    package var progressTimeout: Duration = .seconds(60)
    /// The minimum rate of a body in bytes per second, once the time for a head has passed: otherwise a client that
    /// sends a byte a minute could hold a connection for days.
    package var minimumBodyRate = 1024
    /// The time limit for an answer, unless the request asks for less with `?timeout` (kube-apiserver's
    /// `--request-timeout`).
    package var requestTimeout: Duration = .seconds(60)
    /// How many heavy requests may be computing or waiting at a time: of all clients, and of one.
    package var maximumHeavyRequests = 1024
    package var maximumHeavyRequestsPerClient = 256
    /// How many sessions (exec, attach, port forwarding, logs in messages) there may be at a time, how long nothing may
    /// be sent in one (a kubelet's `streamingConnectionIdleTimeout`), and how often those over WebSockets are pinged.
    package var maximumSessions = 2048
    package var sessionIdleTimeout: Duration = .seconds(4 * 3600)
    package var pingInterval: Duration = .seconds(30)
    /// How long data that still arrives after a refusal is read and discarded, so that the client can read the answer.
    package var lingerTimeout: Duration = .seconds(3)
    /// How long a shutdown waits for running requests.
    package var shutdownGrace: Duration = .seconds(2)
    /// How often timeouts are checked.
    package var tick: Duration = .seconds(1)

    /// Threads for requests with long computations, as many as one address may use.
    package var computeThreads = 2
    /// One event loop per core if nil.
    package var eventLoops: Int?
    /// Seconds since 1970, for the Date header.
    package var clock: @Sendable () -> Int64 = SystemCalls.unixSeconds

    package init(addresses: [HTTPAddress]) {
        self.addresses = addresses
    }

    /// A duration as a number of ticks, at least one.
    func ticks(_ duration: Duration) -> Int { max(1, Int((duration / tick).rounded(.up))) }
}
