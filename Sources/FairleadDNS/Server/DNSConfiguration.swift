package import CoreMetrics
package import FairleadModel
package import Logging
package import NIOCore

/// An address and port that the DNS listens on or asks.
package struct DNSAddress: Sendable, Hashable, CustomStringConvertible {
    package var host: IPAddress
    package var port: Int

    package init(host: IPAddress, port: Int) {
        self.host = host
        self.port = port
    }

    /// Reads `127.0.0.1:5353`, `[::1]:5353`; an address alone where a default port is given.
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

/// What can be set about a DNS server.
package struct DNSConfiguration: Sendable {
    package var listen: DNSAddress
    package var zone: ZoneSettings
    /// Where names outside of the zones are asked; refused without.
    package var forward: DNSAddress?
    package var rotates = false
    /// The Service without whose ready endpoints there is no answer at all; nil for a server that always answers.
    package var follows: ZoneSettings.NameServer?
    /// How many questions the log remembers; 0 for none.
    package var loggedQuestions = 0
    /// nil for one per core.
    package var eventLoops: Int?
    package var maximumConnections = 512
    /// Questions that others may be asked at once: each takes a descriptor.
    package var maximumForwards = 256
    /// A connection without a whole question for this long is closed (RFC 7766, 6.2.3).
    package var idleTimeout = TimeAmount.seconds(10)
    /// The largest answer by UDP. nil for 1232, and 4096 for those who have asked by TCP lately.
    package var udpSize: Int?
    /// Seconds that a datagram may have waited to be read; an older one is thrown away.
    package var maximumQuestionAge = 1.5
    package var logger = Logger(label: "dns")
    /// Where is counted what `DNSServer.metricFamilies` declares.
    package var metrics: any MetricsFactory = NOOPMetricsHandler.instance

    package init(listen: DNSAddress, zone: ZoneSettings) {
        self.listen = listen
        self.zone = zone
    }

    /// Whether questions would be passed on to the server itself.
    package var forwardsToItself: Bool {
        guard let forward, forward.port == listen.port, listen.port != 0 else { return false }
        return forward.host == listen.host
            || listen.host.isUnspecified && (forward.host.isLoopback || forward.host.isUnspecified)
    }

    /// For clients that nothing is known of (the DNS flag day of 2020), and for those that are whom they say.
    static let usualUDPSize = 1232
    static let provenUDPSize = 4096
}
