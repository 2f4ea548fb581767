import FairleadModel
package import FairleadRouting
import Synchronization

/// A table that follows the store: whoever asks applies what has changed since the last time. The cost is that of the
/// changed objects, however large the cluster is; while nothing changes it is that of comparing two numbers.
package final class FollowedRouting: RoutingSource {
    private struct State {
        var table: RoutingTable
        /// nil before the first time.
        var revision: Int64?
    }

    private let records: any RoutingRecords
    private let settings: RoutingSettings
    private let state: Mutex<State>

    package init(_ records: any RoutingRecords, settings: RoutingSettings) {
        self.records = records
        self.settings = settings
        state = Mutex(State(table: RoutingTable(settings)))
    }

    package func withTable<Result: Sendable>(_ body: (RoutingTable) -> Result) -> Result {
        let target = records.revision
        return state.withLock { state in
            advance(&state, to: target)
            return body(state.table)
        }
    }

    private func advance(_ state: inout State, to target: Int64) {
        if let revision = state.revision {
            // Somebody else may have seen a later revision before getting here.
            if revision >= target { return }
            if let changes = records.changes(after: revision, through: target) {
                for change in changes { Self.apply(change.record, isDeletion: change.isDeletion, to: &state.table) }
                state.revision = target
                return
            }
        }
        let loaded = records.load()
        state.table = RoutingTable(settings)
        // Services last: each reads its slices once then.
        for record in loaded.records.sorted(by: { $0.kind.rawValue < $1.kind.rawValue }) {
            Self.apply(record, isDeletion: false, to: &state.table)
        }
        state.revision = loaded.revision
    }

    private static func apply(_ record: RoutingRecord, isDeletion: Bool, to table: inout RoutingTable) {
        let value = record.value
        let name = ObjectName(namespace: value.namespace, name: value.name)
        switch (record.kind, isDeletion) {
        case (.node, false): table.set(NodeView(value))
        case (.node, true): table.removeNode(value.name)
        case (.pod, false): table.set(PodView(value))
        case (.pod, true): table.removePod(name)
        case (.slice, false): table.set(EndpointSliceView(value))
        case (.slice, true): table.removeSlice(name)
        case (.service, false): table.set(ServiceView(value))
        case (.service, true): table.removeService(name)
        }
    }
}
