import FairleadContainers
import FairleadModel
import Synchronization

@testable import FairleadSimulation

/// A network in which every address is reached directly.
final class TestNetwork: PodNetworks {
    typealias Handler = @Sendable (Connection) async -> Void

    private let handlers = Mutex<[NetworkAddress: Handler]>([:])
    private let addresses = Mutex<[String: [IPAddress]]>([:])
    let tasks = TaskKeeper()

    private struct Stack: NetworkStack {
        let network: TestNetwork
        let addresses: [IPAddress]

        func connect(
            to destination: NetworkAddress, from source: IPAddress?, sourcePort: UInt16?, within limit: Duration
        ) async throws(NetworkError) -> Connection { try network.connect(to: destination) }

        func listen(
            on port: UInt16, address: IPAddress?, _ handle: @escaping @Sendable (Connection) async -> Void
        ) throws(NetworkError) -> any Listening {
            guard let own = addresses.first else { throw .addressNotAvailable }
            return try network.listen(NetworkAddress(own, port), handle)
        }

        func answerDatagrams(
            on port: UInt16, address: IPAddress?,
            _ answer: @escaping @Sendable (_ bytes: [UInt8], _ from: NetworkAddress) async -> [UInt8]?
        ) throws(NetworkError) -> any Listening { throw .addressNotAvailable }

        func bind(port: UInt16, address: IPAddress?) throws(NetworkError) -> any DatagramSocket {
            throw .addressNotAvailable
        }

        func ask(
            _ question: NameQuestion, server: NetworkAddress, overTCP: Bool, within limit: Duration
        ) async throws(NetworkError) -> NameReply { throw .refused }
    }

    private struct Port: Listening {
        let network: TestNetwork
        let address: NetworkAddress
        var port: UInt16 { address.port }
        func close() { network.handlers.withLock { $0[address] = nil } }
    }

    var openPorts: Int { handlers.withLock { $0.count } }

    private func listen(_ address: NetworkAddress, _ handler: @escaping Handler) throws(NetworkError) -> any Listening {
        let isFree = handlers.withLock { handlers in
            if handlers[address] != nil { return false }
            handlers[address] = handler
            return true
        }
        guard isFree else { throw .addressInUse }
        return Port(network: self, address: address)
    }

    func connect(to destination: NetworkAddress) throws(NetworkError) -> Connection {
        guard let handler = handlers.withLock({ $0[destination] }) else { throw .refused }
        let there = Pipe()
        let back = Pipe()
        let client = NetworkAddress(destination.address, 50_000)
        let close: @Sendable () -> Void = {
            there.close()
            back.close()
            there.end()
            back.end()
        }
        let server = Connection(local: destination, peer: client, input: there, output: back) { back.end() }
        tasks.start { await handler(server) }
        return Connection(local: client, peer: destination, input: back, output: there, close: close)
    }

    func stack(of pod: PodIdentity, user: String) -> any NetworkStack {
        addresses.withLock { $0[pod.uid] = pod.addresses }
        return Stack(network: self, addresses: pod.addresses)
    }

    func release(pod uid: String, user: String) {}
    func remove(pod uid: String) { addresses.withLock { _ = $0.removeValue(forKey: uid) } }

    func connect(insidePod uid: String, port: UInt16) async throws(NetworkError) -> Connection {
        guard let address = addresses.withLock({ $0[uid]?.first }) else { throw .noRoute }
        return try connect(to: NetworkAddress(address, port))
    }

    func connect(
        fromNode node: String?, to destination: NetworkAddress, within limit: Duration
    ) async throws(NetworkError) -> Connection { try connect(to: destination) }
}
