import Foundation
import NIOCore

/// Follows the EndpointSlices of a namespace, and knows which pods are ready endpoints.
struct SliceWatch {
    private var readiness: [String: Bool] = [:]
    private(set) var readyCount = 0
    /// Events seen, including deletions.
    private(set) var events = 0
    private var changes: [(pod: String, isReady: Bool)] = []
    private var line = ByteBuffer()

    private struct Event: Decodable {
        var type: String
        var object: Slice
    }

    private struct Slice: Decodable {
        struct Endpoint: Decodable {
            struct Conditions: Decodable { var ready: Bool? }
            struct Reference: Decodable { var name: String? }

            var conditions: Conditions?
            var targetRef: Reference?
        }

        var endpoints: [Endpoint]?
        var message: String?
    }

    /// Starts the watch, which begins with the existing slices.
    init(_ session: inout Probe.Session, path: String) async throws {
        try await session.send(Request.make("GET", "\(path)?watch=1", to: session.target))
        guard case .head(200) = try await session.nextEvent() else { throw BenchError("watch of \(path) refused") }
    }

    func isReady(_ pod: String) -> Bool { readiness[pod] ?? false }

    /// Reads events until the condition holds.
    mutating func wait(_ session: inout Probe.Session, until condition: (SliceWatch) -> Bool) async throws {
        while !condition(self) {
            switch try await session.nextEvent() {
            case .body(var part):
                line.writeBuffer(&part)
                while let end = line.readableBytesView.firstIndex(of: 10) {
                    let length = end - line.readerIndex
                    guard let text = line.readBytes(length: length) else { break }
                    line.moveReaderIndex(forwardBy: 1)
                    try apply(Data(text))
                }
                line.discardReadBytes()
            case .head, .end: throw BenchError("the watch has ended")
            }
        }
    }

    /// Reads events until pods have changed, and returns those changes.
    mutating func nextChanges(_ session: inout Probe.Session) async throws -> [(pod: String, isReady: Bool)] {
        changes = []
        try await wait(&session) { !$0.changes.isEmpty }
        defer { changes = [] }
        return changes
    }

    private mutating func apply(_ text: Data) throws {
        let event = try JSONDecoder().decode(Event.self, from: text)
        guard event.type != "ERROR" else { throw BenchError("watch: \(event.object.message ?? "error")") }
        events += 1
        guard event.type != "DELETED" else { return }
        for endpoint in event.object.endpoints ?? [] {
            guard let name = endpoint.targetRef?.name else { continue }
            let isReady = endpoint.conditions?.ready ?? false
            let wasReady = readiness.updateValue(isReady, forKey: name) ?? false
            readyCount += (isReady ? 1 : 0) - (wasReady ? 1 : 0)
            if isReady != wasReady { changes.append((name, isReady)) }
        }
    }
}
