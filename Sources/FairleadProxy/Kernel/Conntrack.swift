import FairleadModel
import FairleadRouting
package import Logging
import Synchronization

/// conntrack's program as the way to the kernel's memory of connections.
package final class Conntrack: ConnectionMemory {
    private let program: Program?
    private let logger: Logger
    private let isMissingSaid = Mutex(false)

    package init(logger: Logger) {
        program = Program(named: "conntrack")
        self.logger = logger
    }

    package func connections() async throws -> Set<TrackedConnection> {
        guard let program else {
            sayMissing()
            return []
        }
        var found: Set<TrackedConnection> = []
        for family in ["ipv4", "ipv6"] {
            let outcome = try await program.run(["-L", "-p", "udp", "-f", family])
            guard outcome.status == 0 else { throw KernelRefusal("conntrack -L: " + outcome.output) }
            for line in outcome.output.split(separator: "\n") {
                if let connection = Self.parse(line) { found.insert(connection) }
            }
        }
        return found
    }

    package func forget(_ connection: TrackedConnection) async throws {
        guard let program else { return sayMissing() }
        let (destination, answering) = (connection.destination, connection.answering)
        let outcome = try await program.run([
            "-D", "-p", "udp", "-f", destination.address.isIPv4 ? "ipv4" : "ipv6",
            "--orig-dst", "\(destination.address)", "--orig-port-dst", "\(destination.port)",
            "--reply-src", "\(answering.address)", "--reply-port-src", "\(answering.port)",
        ])
        // 1 is also how it ends if it has found none.
        guard outcome.status == 0 || outcome.output.contains("0 flow entries") else {
            throw KernelRefusal("conntrack -D: " + outcome.output)
        }
    }

    /// A line is the tuple of the packets, then that of the answers:
    /// `udp 17 29 src=10.0.0.1 dst=10.96.0.10 sport=4000 dport=53 [UNREPLIED] src=10.244.1.2 dst=… sport=53 dport=…`.
    static func parse(_ line: some StringProtocol) -> TrackedConnection? {
        var values: [String: [Substring]] = [:]
        for word in String(line).split(separator: " ") {
            let sides = word.split(separator: "=", maxSplits: 1)
            if sides.count == 2 { values[String(sides[0]), default: []].append(sides[1]) }
        }
        func socket(_ address: String, _ port: String, _ index: Int) -> Socket? {
            guard let texts = values[address], let ports = values[port], texts.count > index, ports.count > index,
                let address = IPAddress(String(texts[index])), let port = Int(ports[index])
            else { return nil }
            return Socket(address, port, .udp)
        }
        guard let destination = socket("dst", "dport", 0), let answering = socket("src", "sport", 1) else { return nil }
        return TrackedConnection(destination: destination, answering: answering)
    }

    private func sayMissing() {
        let isFirst = isMissingSaid.withLock { isSaid in
            defer { isSaid = true }
            return !isSaid
        }
        guard isFirst else { return }
        logger.warning(
            "conntrack is not installed (Debian: apt-get install conntrack): UDP clients may keep sending to pods that are gone"
        )
    }
}
