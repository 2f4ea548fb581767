import FairleadContainers
import FairleadModel
import Synchronization

/// Containers that do what a test says.
final class FakePods: PodAccess {
    struct State {
        var logs: [String: LogBuffer] = [:]
        var error: PodAccessError?
        var code: Int32 = 0
        var commands: [[String]] = []
        var containers: [ContainerName] = []
        /// What answers at an address; nothing listens anywhere else.
        var servers: [String: @Sendable (WebRequest) -> WebResponse] = [:]
    }

    let state = Mutex(State())
    private let tasks = TaskKeeper()

    func serve(_ address: String, _ respond: @escaping @Sendable (WebRequest) -> WebResponse) {
        state.withLock { $0.servers[address] = respond }
    }

    func exec(
        _ command: [String], in container: ContainerName, streams: ClientStreams
    ) async throws(PodAccessError) -> ExitStatus {
        let (error, code) = state.withLock { state in
            state.commands.append(command)
            state.containers.append(container)
            return (state.error, state.code)
        }
        if let error { throw error }
        return ExitStatus(code)
    }

    func attach(to container: ContainerName, streams: ClientStreams) async throws(PodAccessError) {
        if let error = state.withLock({ $0.error }) { throw error }
    }

    /// By the name of the container, with a minus for the run before.
    func log(of container: ContainerName, previous: Bool) -> LogBuffer? {
        state.withLock { $0.logs[container.container + (previous ? "-" : "")] }
    }

    func connect(toPod uid: String, port: UInt16) async throws(NetworkError) -> Connection { throw .refused }

    func connect(
        fromNode node: String?, to destination: NetworkAddress, within limit: Duration
    ) async throws(NetworkError) -> Connection {
        guard let respond = state.withLock({ $0.servers[destination.description] }) else { throw .refused }
        let (there, back) = (Pipe(), Pipe())
        let close: @Sendable () -> Void = {
            there.end()
            back.end()
        }
        let far = Connection(local: destination, peer: destination, input: there, output: back, close: close)
        tasks.start {
            await WebServer.serve(far, now: { Timestamp(seconds: 0) }) { respond($0) }
        }
        return Connection(local: destination, peer: destination, input: back, output: there, close: close)
    }
}

extension APIFixture {
    /// A pod on the node `n1`, which is made if it is not there, with a status.
    func createRunningPod(_ name: String, containers: [String] = ["c"], status: Value) async throws {
        _ = try await send("POST", "/api/v1/nodes", body: ["metadata": ["name": "n1"]])
        let list = containers.map { ["name": .string($0), "image": "busybox"] as Value }
        let pod: Value = [
            "metadata": ["name": .string(name)], "spec": ["nodeName": "n1", "containers": .array(list)],
        ]
        _ = try await send("POST", Self.pods, body: pod)
        let answer = try await send("PATCH", Self.pods + "/\(name)/status", body: ["status": status])
        if answer.status != 200 { throw Unanswered() }
    }
}
