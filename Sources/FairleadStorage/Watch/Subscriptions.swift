import FairleadModel
import Synchronization

/// A registration to be woken. It ends with `cancel`, not when the last reference goes away.
package final class Subscription: Sendable {
    private let registry: Subscriptions
    private let resource: GroupResource
    private let topic: String?
    private let number: Int

    init(registry: Subscriptions, resource: GroupResource, topic: String?, number: Int) {
        self.registry = registry
        self.resource = resource
        self.topic = topic
        self.number = number
    }

    /// No wake begins after this returns, but one may still be running. May be called more than once.
    package func cancel() { registry.remove(number, from: resource, topic) }
}

/// Who wants to be woken when which resource changes.
final class Subscriptions: Sendable {
    /// A resource, or one value of its topic.
    struct Key: Hashable {
        var resource: GroupResource
        var topic: String?
    }

    private struct State {
        var nextNumber = 0
        var wakes: [Key: [Int: @Sendable () -> Void]] = [:]
    }

    private let state = Mutex(State())
    /// Called when a subscription to a value of a topic has ended.
    private let unfollow = Mutex<(@Sendable (Key) -> Void)?>(nil)

    func onUnfollow(_ unfollow: @escaping @Sendable (Key) -> Void) { self.unfollow.withLock { $0 = unfollow } }

    func add(_ resource: GroupResource, _ topic: String?, _ wake: @escaping @Sendable () -> Void) -> Subscription {
        let number = state.withLock { state in
            state.nextNumber += 1
            state.wakes[Key(resource: resource, topic: topic), default: [:]][state.nextNumber] = wake
            return state.nextNumber
        }
        return Subscription(registry: self, resource: resource, topic: topic, number: number)
    }

    func remove(_ number: Int, from resource: GroupResource, _ topic: String?) {
        let key = Key(resource: resource, topic: topic)
        let wasThere = state.withLock { state in
            let wasThere = state.wakes[key]?.removeValue(forKey: number) != nil
            if state.wakes[key]?.isEmpty == true { state.wakes[key] = nil }
            return wasThere
        }
        if wasThere, topic != nil { unfollow.withLock { $0 }?(key) }
    }

    /// Wakes all subscribers of these, with no lock held.
    func wake(_ keys: Set<Key>) {
        let wakes = state.withLock { state in keys.flatMap { state.wakes[$0].map { Array($0.values) } ?? [] } }
        for wake in wakes { wake() }
    }

    /// Wakes all subscribers of these resources, whatever their topics are.
    func wakeAll(of resources: Set<GroupResource>) {
        wake(state.withLock { state in Set(state.wakes.keys.filter { resources.contains($0.resource) }) })
    }

    var count: Int { state.withLock { $0.wakes.values.reduce(0) { $0 + $1.count } } }
}
