import FairleadModel
import FairleadStorage
import Synchronization

/// What is worked out from the objects of some resources, one object at a time.
protocol CommitTables: Sendable {
    /// The resources it is made from.
    static var sources: [GroupResource] { get }
    init()
    /// - Parameter object: nil if there is no such object any more.
    mutating func set(_ key: ObjectKey, _ object: Value?)
}

/// Tables that have followed the store's last commit whenever they are read.
final class FollowedTables<Tables: CommitTables>: Sendable {
    private struct State {
        var follower: CommitFollower
        var tables = Tables()
    }

    private let state: Mutex<State>

    init(_ store: Store) { state = Mutex(State(follower: CommitFollower(store, Tables.sources))) }

    func read<Result: Sendable>(_ body: (Tables) -> Result) -> Result {
        state.withLock { state in
            state.follower.follow { snapshot in
                state.tables = Tables()
                for resource in Tables.sources {
                    for object in snapshot.objects(resource, namespace: nil) {
                        state.tables.set(object.key, object.value)
                    }
                }
            } apply: { event in
                state.tables.set(event.object.key, event.isDeletion ? nil : event.object.value)
            }
            return body(state.tables)
        }
    }
}
