import FairleadModel
import FairleadRouting
import Synchronization
import Testing

@testable import FairleadPodNetwork

/// A table that follows a store is the one that is built of the store's objects.
struct FollowedRoutingTests {
    /// A store of a few objects, whose history may be short.
    private final class Records: RoutingRecords {
        struct State {
            var revision: Int64 = 0
            var objects: [String: RoutingRecord] = [:]
            var history: [(revision: Int64, record: RoutingRecord, isDeletion: Bool)] = []
            var loads = 0
        }

        let state = Mutex(State())

        var revision: Int64 { state.withLock { $0.revision } }

        func load() -> (revision: Int64, records: [RoutingRecord]) {
            state.withLock { state in
                state.loads += 1
                return (state.revision, Array(state.objects.values))
            }
        }

        func changes(after: Int64, through: Int64) -> [(record: RoutingRecord, isDeletion: Bool)]? {
            state.withLock { state in
                guard state.history.first.map({ $0.revision <= after + 1 }) ?? (after == through) else { return nil }
                return state.history.filter { $0.revision > after && $0.revision <= through }
                    .map { ($0.record, $0.isDeletion) }
            }
        }

        func write(_ kind: RoutingRecord.Kind, _ value: Value, isDeletion: Bool = false) {
            state.withLock { state in
                state.revision += 1
                let record = RoutingRecord(kind, value)
                state.objects["\(kind) \(value.namespace)/\(value.name)"] = isDeletion ? nil : record
                state.history.append((state.revision, record, isDeletion))
            }
        }

        func forgetHistory() { state.withLock { $0.history = [] } }
    }

    private static func service(_ number: Int, port: Int64) -> Value {
        let address = Value.string("10.96.0.\(number)")
        return [
            "metadata": ["namespace": "d", "name": .string("s\(number)")],
            "spec": [
                "type": "ClusterIP", "clusterIP": address, "clusterIPs": .array([address]),
                "ports": [["port": .int(port)]],
            ],
        ]
    }

    private static func slice(_ number: Int, endpoint: Int) -> Value {
        [
            "metadata": [
                "namespace": "d", "name": .string("s\(number)-x"),
                "labels": ["kubernetes.io/service-name": .string("s\(number)")],
            ],
            "addressType": "IPv4", "ports": [["name": "", "port": 8080]],
            "endpoints": [["addresses": [.string("10.244.0.\(endpoint)")]]],
        ]
    }

    private static func pod(_ number: Int) -> Value {
        [
            "metadata": ["namespace": "d", "name": .string("p\(number)")], "spec": ["nodeName": "n1"],
            "status": ["phase": "Running", "podIP": .string("10.244.0.\(number)")],
        ]
    }

    private static func node(_ number: Int) -> Value {
        [
            "metadata": ["name": .string("n\(number)")],
            "status": ["addresses": [["type": "InternalIP", "address": .string("192.0.2.\(number)")]]],
        ]
    }

    private static func text(_ table: RoutingTable) -> [String] {
        let ports = table.servicePorts.map { "\($0.text) \($0.clusterIP):\($0.port) \($0.endpoints.map(\.text))" }
        return ports + table.pods.keys.map { "\($0)" }.sorted() + table.nodes.keys.sorted()
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func everyChangeIsSeen(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let records = Records()
        let followed = FollowedRouting(records, settings: ClusterText.settings)
        for _ in 0..<60 {
            for _ in 0..<Int.random(in: 0..<4, using: &random) {
                let number = Int.random(in: 1..<5, using: &random)
                let isDeletion = Int.random(in: 0..<4, using: &random) == 0
                let other = Int.random(in: 1..<9, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: records.write(.service, Self.service(number, port: Int64(other)), isDeletion: isDeletion)
                case 1: records.write(.slice, Self.slice(number, endpoint: other), isDeletion: isDeletion)
                case 2: records.write(.pod, Self.pod(number), isDeletion: isDeletion)
                default: records.write(.node, Self.node(number), isDeletion: isDeletion)
                }
            }
            if Int.random(in: 0..<10, using: &random) == 0 { records.forgetHistory() }
            let values = records.state.withLock { Array($0.objects.values) }
            func of(_ kind: RoutingRecord.Kind) -> [Value] { values.filter { $0.kind == kind }.map(\.value) }
            let built = RoutingTable(
                ClusterText.settings, services: of(.service), slices: of(.slice), nodes: of(.node), pods: of(.pod))
            #expect(followed.withTable { Self.text($0) } == Self.text(built))
        }
    }

    @Test func theTableIsNotBuiltAgain() {
        let records = Records()
        records.write(.service, Self.service(1, port: 80))
        let followed = FollowedRouting(records, settings: ClusterText.settings)
        for number in 2..<50 {
            records.write(.service, Self.service(number, port: 80))
            #expect(followed.withTable { $0.servicePorts.count } == number)
            #expect(followed.withTable { $0.servicePorts.count } == number)
        }
        #expect(records.state.withLock { $0.loads } == 1)
    }
}
