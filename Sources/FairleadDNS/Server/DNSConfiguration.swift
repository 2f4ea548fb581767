package import CoreMetrics
package import FairleadModel
package import Logging
package import NIOCore

/// An address and port that the DNS server listens on or forwards to.
package struct DNSAddress: Sendable, Hashable, CustomStringConvertible {
    package var host: IPAddress
    package var port: Int

    package init(host: IPAddress, port: Int) {
        self.host = host
        self.port = port
    }

    /// Parses `127.0.0.1:10053` or `[::1]:10053`; with a default port, also a bare address.
    package init?(_ text: String, defaultPort: Int? = nil) {
        if let defaultPort, let host = IPAddress(text) {
            self.init(host: host, port: defaultPort)
            return
        }
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard let address = IPAddress(host == "localhost" ? "127.0.0.1" : String(host)) else { return nil }
        self.init(host: address, port: Int(port))
    }

    package var description: String { host.isIPv4 ? "\(host):\(port)" : "[\(host)]:\(port)" }

    func socketAddress() throws -> SocketAddress { try SocketAddress(ipAddress: host.description, port: port) }
}

/// The settings of a DNS server.
package struct DNSConfiguration: Sendable {
    package var listen: DNSAddress
    package var zone: ZoneSettings
    /// Whether only the user who runs the server, and root, get answers: others get REFUSED. Makes sense only where all
    /// clients are on this machine.
    package var isForOwner = false
    /// The server that answers names outside the zones; if nil, such questions are refused.
    package var forward: DNSAddress?
    package var rotates = false
    /// The Service that must have ready endpoints, or nothing is answered at all; nil for a server that always answers.
    package var follows: ZoneSettings.NameServer?
    /// How many questions the query log remembers; 0 for none.
    package var loggedQuestions = 0
    /// nil for one per core.
    package var eventLoops: Int?
    package var maximumConnections = 512
    /// The most questions forwarded at once: each takes a file descriptor.
    package var maximumForwards = 256
    /// A connection that sends no complete question for this long is closed (RFC 7766, 6.2.3).
    package var idleTimeout = TimeAmount.seconds(10)
    /// The largest UDP answer. nil means 1232 bytes, and 4096 for clients that have recently used TCP.
    package var udpSize: Int?
    /// How many seconds a datagram may wait to be read; older ones are dropped.
    package var maximumQuestionAge = 1.5
    package var logger = Logger(label: "dns")
    /// Records the metrics that `DNSServer.metricFamilies` declares.
    package var metrics: any MetricsFactory = NOOPMetricsHandler.instance

    package init(listen: DNSAddress, zone: ZoneSettings) {
        self.listen = listen
        self.zone = zone
    }

    /// Whether the server would forward questions to itself.
    package var forwardsToItself: Bool {
        guard let forward, forward.port == listen.port, listen.port != 0 else { return false }
        return forward.host == listen.host
            || listen.host.isUnspecified && (forward.host.isLoopback || forward.host.isUnspecified)
    }

    /// For unknown clients (the DNS flag day of 2020), and for clients whose address is proven.
    static let usualUDPSize = 1232
    static let provenUDPSize = 4096
}
