package import FairleadModel

/// An address with a port.
package struct NetworkAddress: Hashable, Sendable, CustomStringConvertible {
    package var address: IPAddress
    package var port: UInt16

    package init(_ address: IPAddress, _ port: UInt16) {
        self.address = address
        self.port = port
    }

    /// `10.0.0.1:80`, `[fd00::1]:80`.
    package var description: String { address.isIPv4 ? "\(address):\(port)" : "[\(address)]:\(port)" }
}

/// A TCP connection as one of its ends sees it.
package struct Connection: Sendable {
    package var local: NetworkAddress
    /// The address that this end sees: after translation.
    package var peer: NetworkAddress
    package var input: any ByteSource
    /// `end()` closes this direction only.
    package var output: any ByteSink
    /// Closes both directions at once; the other end reads the end, and may not write. May be called more than once.
    package var close: @Sendable () -> Void
    /// Called for each request that has been answered over it.
    package var onAnswer: (@Sendable () -> Void)?

    package init(
        local: NetworkAddress, peer: NetworkAddress, input: any ByteSource, output: any ByteSink,
        close: @escaping @Sendable () -> Void
    ) {
        self.local = local
        self.peer = peer
        self.input = input
        self.output = output
        self.close = close
    }
}

/// A port that is served; it is free again after `close()`, which may be called more than once. Connections that were
/// accepted are cancelled then.
package protocol Listening: Sendable {
    var port: UInt16 { get }
    func close()
}

/// A UDP socket.
package protocol DatagramSocket: Sendable {
    var port: UInt16 { get }
    /// Throws `refused` when an earlier datagram found nobody, as a connected socket does.
    func send(_ bytes: [UInt8], to destination: NetworkAddress) async throws(NetworkError)
    /// Throws `timedOut` after `limit`, `refused` when nobody listens where something was sent.
    func receive(within limit: Duration) async throws(NetworkError) -> (bytes: [UInt8], from: NetworkAddress)
    func close()
}

/// One question to a DNS server.
package struct NameQuestion: Hashable, Sendable {
    package var name: String
    /// `A`, `AAAA`, `SRV`, `PTR`, `CNAME`, `TXT`, `NS`, `SOA`, `ANY`.
    package var type: String

    package init(_ name: String, _ type: String = "A") {
        self.name = name
        self.type = type
    }
}

package struct NameReply: Hashable, Sendable {
    package struct Record: Hashable, Sendable {
        /// With the final dot.
        package var name: String
        package var type: String
        package var seconds: UInt32
        /// As `dig` prints it: `10.0.0.1`, `0 100 80 web.default.svc.cluster.local.`
        package var data: String

        package init(name: String, type: String, seconds: UInt32, data: String) {
            self.name = name
            self.type = type
            self.seconds = seconds
            self.data = data
        }
    }

    /// `NOERROR`, `NXDOMAIN`, `SERVFAIL`, `REFUSED`.
    package var status: String
    package var answers: [Record]

    package init(status: String, answers: [Record]) {
        self.status = status
        self.answers = answers
    }
}

/// A port that somebody serves: a line of `netstat -l`.
package struct ListeningSocket: Hashable, Sendable {
    package var isTCP: Bool
    /// nil for every address.
    package var address: IPAddress?
    package var port: UInt16

    package init(isTCP: Bool, address: IPAddress?, port: UInt16) {
        self.isTCP = isTCP
        self.address = address
        self.port = port
    }
}

/// The network as one namespace sees it: a pod's, or a node's for pods with `hostNetwork`.
///
/// All containers of a pod share it. What is sent goes the way that a packet would go from there: through Services, with
/// the source address that the receiver would see.
package protocol NetworkStack: Sendable {
    /// The addresses of the namespace, without loopback, the primary one first.
    var addresses: [IPAddress] { get }

    /// What is served in the namespace; empty if the network does not tell.
    var listening: [ListeningSocket] { get }

    /// - Parameters:
    ///   - source: the address to send from, as `curl --interface`; it must be one of the namespace.
    ///   - limit: how long to wait for an answer that may never come.
    func connect(
        to destination: NetworkAddress, from source: IPAddress?, sourcePort: UInt16?, within limit: Duration
    ) async throws(NetworkError) -> Connection

    /// Serves a TCP port; each connection is handled in a task of its own, which is cancelled when the port is closed.
    ///
    /// - Parameter address: nil for every address.
    func listen(
        on port: UInt16, address: IPAddress?, _ handle: @escaping @Sendable (Connection) async -> Void
    ) throws(NetworkError) -> any Listening

    /// Serves a UDP port: what `answer` returns goes back to the sender.
    func answerDatagrams(
        on port: UInt16, address: IPAddress?,
        _ answer: @escaping @Sendable (_ bytes: [UInt8], _ from: NetworkAddress) async -> [UInt8]?
    ) throws(NetworkError) -> any Listening

    /// A socket to send from. Port 0 stands for any free one.
    func bind(port: UInt16, address: IPAddress?) throws(NetworkError) -> any DatagramSocket

    /// Asks the name server at an address, over UDP or TCP.
    func ask(
        _ question: NameQuestion, server: NetworkAddress, overTCP: Bool, within limit: Duration
    ) async throws(NetworkError) -> NameReply
}

extension NetworkStack {
    package var listening: [ListeningSocket] { [] }

    package func connect(to destination: NetworkAddress, within limit: Duration) async throws(NetworkError)
        -> Connection
    {
        try await connect(to: destination, from: nil, sourcePort: nil, within: limit)
    }
}
