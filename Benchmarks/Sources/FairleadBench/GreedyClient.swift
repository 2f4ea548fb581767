import NIOCore
import Synchronization

/// One client at full speed: lists and tables of everything, and large creations; each connection sends its next
/// request as soon as the last one is answered. Requests that are refused (429) or cut off are repeated: what is
/// measured meanwhile, by another process, is the speed of another client.
struct GreedyClient {
    var target: Target
    var connections: Int
    var seconds: Int

    /// How many requests were answered.
    func run() async -> Int {
        let deadline = ContinuousClock.now + .seconds(seconds)
        let requests = requests()
        return await withTaskGroup(of: Int.self) { group in
            for connection in 0..<connections {
                let request = requests[connection % requests.count]
                group.addTask {
                    var answered = 0
                    while ContinuousClock.now < deadline { answered += await ask(request, until: deadline) }
                    return answered
                }
            }
            return await group.reduce(0, +)
        }
    }

    /// Sends the request over one connection, until the server closes it or the time is over.
    private func ask(_ request: ByteBuffer, until deadline: ContinuousClock.Instant) async -> Int {
        let answered = Mutex(0)
        do {
            try await Probe.with(target) { session in
                while ContinuousClock.now < deadline {
                    try await session.send(request)
                    while true {
                        if case .end = try await session.nextEvent() { break }
                    }
                    answered.withLock { $0 += 1 }
                }
            }
        } catch {
            // Being cut off is also an answer; the next connection sends the request again.
        }
        return answered.withLock { $0 }
    }

    private func requests() -> [ByteBuffer] {
        let path = "/api/v1/namespaces/\(Bodies.namespace)/configmaps"
        let table = "application/json;as=Table;v=v1;g=meta.k8s.io"
        let value = String(repeating: "x", count: 100)
        let data = (0..<5_000).map { number in "\"k\(number)\":\"\(value)\"" }.joined(separator: ",")
        let large = #"{"metadata":{"generateName":"large-"},"data":{\#(data)}}"#
        return [
            Request.make("GET", path, to: target),
            Request.make("GET", path, to: target, accept: table),
            Request.make("POST", path + "?dryRun=All", to: target, body: large),
            Request.make("GET", path, to: target, accept: "application/yaml"),
        ]
    }
}
