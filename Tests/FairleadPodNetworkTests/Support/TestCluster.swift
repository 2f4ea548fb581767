import FairleadContainers
import FairleadModel
import FairleadRouting
import Synchronization

@testable import FairleadPodNetwork

/// A table that a test changes.
final class ChangingRouting: RoutingSource {
    private let table: Mutex<RoutingTable>

    init(_ table: RoutingTable) { self.table = Mutex(table) }

    func withTable<Result: Sendable>(_ body: (RoutingTable) -> Result) -> Result { table.withLock { body($0) } }
    func suppose(_ text: String) { table.withLock { $0.suppose(Hypothesis(text)!) } }
    func change(_ body: (inout RoutingTable) -> Void) { table.withLock { body(&$0) } }
}

/// A cluster whose pods answer: to a connection and to each datagram with their name and the client's address.
struct TestCluster {
    let network: PodNetwork
    let routing: ChangingRouting
    let clock = TestClock()
    private let stacks: [String: any NetworkStack]

    init(
        _ text: String, settings: PodNetworkSettings = PodNetworkSettings(), seed: UInt64 = 1,
        names: PodNetwork.NameAsker? = nil, apiServer: (@Sendable (Connection) async -> Void)? = nil
    ) throws {
        let cluster = ClusterText(text)
        routing = ChangingRouting(cluster.table)
        network = PodNetwork(
            routing: routing, clock: clock, now: { Timestamp(seconds: 0) }, settings: settings, names: names,
            apiServer: apiServer, generator: SplitMix64(seed: seed))
        var stacks: [String: any NetworkStack] = [:]
        for node in cluster.nodes {
            let addresses = NodeView(node).internalIPs.compactMap { IPAddress($0) }
            stacks["node/" + node.name] = network.stack(ofNode: node.name, addresses: addresses)
        }
        for pod in cluster.pods {
            let stack =
                pod.isHost
                ? network.stack(ofHostPod: pod.name, node: pod.node, addresses: pod.addresses)
                : network.stack(
                    ofPod: pod.name, addresses: pod.addresses, node: pod.node,
                    ports: PublishedPort.all(of: PodView(pod.object)))
            stacks["pod/" + pod.name] = stack
            for (port, transport) in pod.listens { try Self.answer(pod.name, stack, port, transport) }
        }
        stacks["api"] = network.stackOfAPIServer
        self.stacks = stacks
    }

    /// Listens on a port with the answers of this test.
    @discardableResult
    static func answer(
        _ name: String, _ stack: any NetworkStack, _ port: UInt16, _ transport: Transport = .tcp,
        address: IPAddress? = nil
    ) throws(NetworkError) -> any Listening {
        if transport == .udp {
            return try stack.answerDatagrams(on: port, address: address) { _, from in
                Array("\(name) sees \(from.address)".utf8)
            }
        }
        return try stack.listen(on: port, address: address) { connection in
            // A client that has gone reads nothing.
            try? await connection.output.write("\(name) sees \(connection.peer.address)")
        }
    }

    /// By `pod/NAME`, `node/NAME`, `api` or `outside/ADDRESS`.
    func stack(_ name: String) -> any NetworkStack {
        if let known = stacks[name] { return known }
        return network.stackOutside(IPAddress(String(name.dropFirst("outside/".count)))!)
    }

    /// What a program at `source` gets from `target`, which is `ADDRESS:PORT[/UDP]`: an answer, or why there is none.
    func ask(_ source: String, _ target: String, from: IPAddress? = nil, expectsTimeOut: Bool = false) async -> String {
        let sides = target.split(separator: "/")
        let destination = Self.address(String(sides[0]))
        let stack = stack(source)
        let clock = clock
        return await withTaskGroup(of: String?.self) { group in
            group.addTask { await Self.answer(stack, destination, from, isDatagram: sides.count > 1) }
            group.addTask {
                if expectsTimeOut { await clock.waitForSleeper() } else { await Self.pause() }
                if !Task.isCancelled { clock.advance(by: .seconds(2)) }
                return nil
            }
            while let answer = await group.next() {
                guard let answer else { continue }
                group.cancelAll()
                return answer
            }
            return ""
        }
    }

    private static func answer(
        _ stack: any NetworkStack, _ destination: NetworkAddress, _ source: IPAddress?, isDatagram: Bool
    ) async -> String {
        do throws(NetworkError) {
            if isDatagram { return try await askDatagram(stack, destination) }
            let connection = try await stack.connect(
                to: destination, from: source, sourcePort: nil, within: .seconds(2))
            let answer = await connection.input.all(limit: 1000) ?? []
            connection.close()
            return String(decoding: answer, as: UTF8.self)
        } catch { return "\(error)" }
    }

    private static func pause() async {
        // The only error is cancellation.
        try? await Task.sleep(for: .seconds(5))
    }

    private static func askDatagram(
        _ stack: any NetworkStack, _ destination: NetworkAddress
    ) async throws(NetworkError) -> String {
        let socket = try stack.bind(port: 0, address: nil)
        defer { socket.close() }
        try await socket.send(Array("who".utf8), to: destination)
        let answer = try await socket.receive(within: .seconds(2))
        guard answer.from == destination else { return "an answer from \(answer.from)" }
        return String(decoding: answer.bytes, as: UTF8.self)
    }

    /// `10.0.0.1:80`, `[fd00::1]:80`.
    static func address(_ text: String) -> NetworkAddress {
        let colon = text.lastIndex(of: ":")!
        let host = text[..<colon].filter { $0 != "[" && $0 != "]" }
        return NetworkAddress(IPAddress(String(host))!, UInt16(text[text.index(after: colon)...])!)
    }
}
