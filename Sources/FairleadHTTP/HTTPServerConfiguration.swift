/// What an `HTTPServer` listens on and what it allows its clients.
package struct HTTPServerConfiguration: Sendable {
    /// Where to listen; port 0 takes a free one.
    package var addresses: [HTTPAddress]
    /// Listening on anything but a loopback address must be asked for: there is no authentication worth the name.
    package var allowsRemote = false

    /// Kubernetes' limit for a request body.
    package var maximumBodyBytes = 3 * 1024 * 1024
    /// How much of request bodies is held at a time, of all clients together.
    package var bodyMemory = 256 * 1024 * 1024
    /// Go's default limit for the request line and all headers together.
    package var maximumHeaderBytes = 1024 * 1024
    /// How large an answer must be to be compressed when the client takes gzip (Kubernetes: 128 KiB).
    package var compressionThreshold = 128 * 1024
    /// nil means as many as the process may open files, less some for itself.
    package var maximumConnections: Int?
    /// Files that the process opens for other things than connections.
    package var reservedFiles = 256

    /// How long a connection may lie idle between requests, a head may take to arrive, and a body or a large
    /// answer may stay without progress. Counted in whole ticks.
    package var idleTimeout: Duration = .seconds(90)
    package var headerTimeout: Duration = .seconds(32)
    package var progressTimeout: Duration = .seconds(60)
    /// Bytes a second that a body must have come with, after the time for a head has passed: a client that sends a byte
    /// a minute would hold a connection for days.
    package var minimumBodyRate = 1024
    /// How long an answer may be worked on where the request does not say less by `?timeout` (kube-apiserver's
    /// `--request-timeout`).
    package var requestTimeout: Duration = .seconds(60)
    /// Heavy requests that may compute or wait for it at a time, of all clients and of one.
    package var maximumHeavyRequests = 1024
    package var maximumHeavyRequestsPerClient = 256
    /// How long what is still sent after a refusal is read and thrown away, so that the client can read the answer.
    package var lingerTimeout: Duration = .seconds(3)
    /// How long a shutdown waits for running requests.
    package var shutdownGrace: Duration = .seconds(2)
    /// How often timeouts are looked at.
    package var tick: Duration = .seconds(1)

    /// Threads for requests that compute for long.
    package var computeThreads = 2
    /// One event loop per core unless told otherwise.
    package var eventLoops: Int?
    /// Seconds since 1970, for the Date header.
    package var clock: @Sendable () -> Int64 = SystemCalls.unixSeconds

    package init(addresses: [HTTPAddress]) {
        self.addresses = addresses
    }

    /// A duration as a number of ticks, at least one.
    func ticks(_ duration: Duration) -> Int { max(1, Int((duration / tick).rounded(.up))) }
}
