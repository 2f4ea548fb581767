import FairleadModel
import Synchronization

/// A registration to be woken. It ends with `cancel`, not when the last reference goes away.
package final class Subscription: Sendable {
    private let registry: Subscriptions
    private let resource: GroupResource
    private let number: Int

    init(registry: Subscriptions, resource: GroupResource, number: Int) {
        self.registry = registry
        self.resource = resource
        self.number = number
    }

    /// No wake begins after this returns, but one may still be running. May be called more than once.
    package func cancel() { registry.remove(number, from: resource) }
}

/// Who wants to be woken when which resource changes.
final class Subscriptions: Sendable {
    private struct State {
        var nextNumber = 0
        var wakes: [GroupResource: [Int: @Sendable () -> Void]] = [:]
    }

    private let state = Mutex(State())

    func add(_ resource: GroupResource, _ wake: @escaping @Sendable () -> Void) -> Subscription {
        let number = state.withLock { state in
            state.nextNumber += 1
            state.wakes[resource, default: [:]][state.nextNumber] = wake
            return state.nextNumber
        }
        return Subscription(registry: self, resource: resource, number: number)
    }

    func remove(_ number: Int, from resource: GroupResource) {
        state.withLock { state in
            state.wakes[resource]?[number] = nil
            if state.wakes[resource]?.isEmpty == true { state.wakes[resource] = nil }
        }
    }

    /// Wakes all subscribers of these resources, with no lock held.
    func wake(_ resources: Set<GroupResource>) {
        let wakes = state.withLock { state in resources.flatMap { state.wakes[$0].map { Array($0.values) } ?? [] } }
        for wake in wakes { wake() }
    }

    var count: Int { state.withLock { $0.wakes.values.reduce(0) { $0 + $1.count } } }
}
