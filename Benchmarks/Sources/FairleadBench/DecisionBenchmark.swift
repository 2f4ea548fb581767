import FairleadModel
import FairleadRouting
import Foundation

/// How long the routing model takes to decide about a packet: without reasons, and with all of them as text and as JSON.
/// It is processor time, the best of a few rounds: nothing here waits, and other programs on the machine do not count.
///
/// Yardsticks, on the same packets: a dictionary that finds the endpoints of an address and port, and a choice among
/// them, which is the least that any model has to do; and Foundation writing the same JSON documents again.
struct DecisionBenchmark {
    private let cluster: DecisionCluster
    private let count: Int
    private let table: RoutingTable

    init(cluster: DecisionCluster, count: Int, log: (String) -> Void) {
        self.cluster = cluster
        self.count = count
        let start = ContinuousClock.now
        table = cluster.table()
        log(
            "read \(cluster.services) services and \(cluster.services * cluster.endpoints) endpoints in "
                + "\(ContinuousClock.now - start)")
    }

    /// The ways that packets take, each of which reads other tables.
    private enum Way: String, CaseIterable {
        case clusterIP = "cluster_ip"
        case affinity, hints, name
        case nodePort = "node_port"
        case balancer
        case localBalancer = "local_balancer"
        /// From a pod to an address outside the cluster.
        case outward
        /// To a port of a node at which nothing listens.
        case nothing
    }

    func run() throws -> String {
        var routes: [Double] = []
        var reports: [Double] = []
        var documents: [Double] = []
        var parts: [String] = []
        var sample: [String] = []
        for way in Way.allCases {
            let packets = (0..<count).map { packet(way, $0) }
            let route = microseconds(packets) { _ in }
            let report = microseconds(packets) { ProcessorTime.consume(RouteReport($0).text.utf8.count) }
            let document = microseconds(packets) { ProcessorTime.consume(RouteReport($0).json.jsonBytes.count) }
            routes.append(route)
            reports.append(report)
            documents.append(document)
            parts.append("\(way.rawValue)_us=\(Self.text(route))/\(Self.text(report))/\(Self.text(document))")
            sample += packets.prefix(count / 20).map { RouteReport(decide($0)).json.jsonText }
        }
        let result = [
            "route_us=\(Self.mean(routes))", "worst_route_us=\(Self.text(routes.max() ?? 0))",
            "text_us=\(Self.mean(reports))", "worst_text_us=\(Self.text(reports.max() ?? 0))",
            "json_us=\(Self.mean(documents))", "worst_json_us=\(Self.text(documents.max() ?? 0))",
            "lookup_us=\(Self.text(lookup()))", "foundation_json_us=\(Self.text(try encode(sample)))",
        ]
        return (result + parts).joined(separator: " ")
    }

    // MARK: Packets

    private func packet(_ way: Way, _ number: Int) -> Packet {
        // Neighbours in time are no neighbours in memory.
        let scattered = number &* 7919
        let pod = scattered % (cluster.services * cluster.endpoints)
        let inside = Packet.Source.pod(
            ObjectName(namespace: DecisionCluster.namespace, name: DecisionCluster.pod(pod)))
        let outside = Packet.Source.outside(Self.address(DecisionCluster.client(number)))
        let node = Self.address(DecisionCluster.nodeIP(scattered % cluster.nodes))
        let (source, address, port): (Packet.Source, IPAddress, Int)
        switch way {
        case .clusterIP, .affinity, .hints:
            let kind: DecisionCluster.Kind = way == .clusterIP ? .plain : way == .hints ? .hinted : .affinity
            let service = service(kind, scattered)
            (source, address, port) = (
                inside, Self.address(DecisionCluster.clusterIP(service)), DecisionCluster.port
            )
        case .name:
            let name = DecisionCluster.service(service(.plain, scattered)) + ".\(DecisionCluster.namespace)"
            return Packet(from: inside, to: .name(name), port: DecisionCluster.port, sourcePort: number)
        case .nodePort:
            (source, address, port) = (outside, node, DecisionCluster.nodePort(service(.nodePort, scattered)))
        case .balancer, .localBalancer:
            let service = service(way == .balancer ? .balanced : .balancedLocal, scattered)
            (source, address, port) = (outside, Self.address(DecisionCluster.vip(service)), DecisionCluster.port)
        case .outward: (source, address, port) = (inside, Self.address(DecisionCluster.client(number)), 443)
        case .nothing: (source, address, port) = (inside, node, 22)
        }
        return Packet(from: source, to: .address(address), port: port, sourcePort: number)
    }

    /// One of the Services of a kind.
    private func service(_ kind: DecisionCluster.Kind, _ number: Int) -> Int {
        let kinds = DecisionCluster.Kind.allCases.count
        return number % max(1, cluster.services / kinds) * kinds + kind.rawValue
    }

    private static func address(_ text: String) -> IPAddress {
        IPAddress(text) ?? IPAddress(bits: 0, isIPv4: true)
    }

    // MARK: Measurements

    /// SplitMix64. The system's generator is a system call on Linux, and would be a part of every figure.
    private struct Steps: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }

    private func decide(_ packet: Packet) -> Decision {
        var connections = ConnectionTable()
        var generator = Steps(state: 1)
        return table.route(packet, &connections, at: 0, using: &generator)
    }

    /// Microseconds for each packet: the decision, and what is done with it.
    private func microseconds(_ packets: [Packet], _ body: (Decision) -> Void) -> Double {
        ProcessorTime.microseconds(packets.count) {
            var connections = ConnectionTable()
            var generator = Steps(state: 1)
            for packet in packets { body(table.route(packet, &connections, at: 0, using: &generator)) }
        }
    }

    private struct Key: Hashable {
        var address: UInt32
        var port: UInt16
        var transport: UInt8
    }

    private func lookup() -> Double {
        var endpoints: [Key: [Int]] = [:]
        func key(_ service: Int) -> Key {
            let address = Self.address(DecisionCluster.clusterIP(service))
            return Key(
                address: UInt32(truncatingIfNeeded: address.bits), port: UInt16(DecisionCluster.port), transport: 6)
        }
        for service in 0..<cluster.services {
            endpoints[key(service)] = Array(service * cluster.endpoints..<(service + 1) * cluster.endpoints)
        }
        let keys = (0..<count).map { key($0 &* 7919 % cluster.services) }
        var generator = Steps(state: 1)
        return ProcessorTime.microseconds(count) {
            for key in keys { ProcessorTime.consume(endpoints[key]?.randomElement(using: &generator) ?? 0) }
        }
    }

    private func encode(_ documents: [String]) throws -> Double {
        let trees = try documents.map { try JSONSerialization.jsonObject(with: Data($0.utf8)) }
        return try ProcessorTime.microseconds(trees.count) {
            for tree in trees { ProcessorTime.consume(try JSONSerialization.data(withJSONObject: tree).count) }
        }
    }

    // MARK: Figures

    private static func mean(_ figures: [Double]) -> String {
        text(figures.reduce(0, +) / Double(max(figures.count, 1)))
    }

    private static func text(_ figure: Double) -> String {
        let hundredths = Int((figure * 100).rounded())
        return "\(hundredths / 100)." + (hundredths % 100 < 10 ? "0" : "") + "\(hundredths % 100)"
    }
}
