import FairleadKinds
import FairleadModel
import FairleadSchema
import FairleadStorage
import Synchronization

/// What webhooks have made of stored objects: a version of an object is converted once, however often it is read.
final class ConversionCache: Sendable {
    private struct Key: Hashable {
        var object: ObjectKey
        var revision: Int64
        var apiVersion: String
        /// Another definition may convert in another way.
        var definition: CustomDefinition.Identity
    }

    private struct State {
        var objects: [Key: StoredObject] = [:]
        var order: [Key] = []
        var bytes = 0
    }

    private static let maximumBytes = 16 << 20
    private let state = Mutex(State())

    private func key(_ object: StoredObject, _ custom: Kind.Custom) -> Key {
        Key(
            object: object.key, revision: object.revision, apiVersion: custom.apiVersion,
            definition: custom.definition.identity)
    }

    subscript(object: StoredObject, custom: Kind.Custom) -> StoredObject? {
        get { state.withLock { $0.objects[key(object, custom)] } }
        set {
            guard let newValue else { return }
            let key = key(object, custom)
            state.withLock { state in
                guard state.objects.updateValue(newValue, forKey: key) == nil else { return }
                state.order.append(key)
                state.bytes += newValue.bytes.count
                guard state.bytes > Self.maximumBytes else { return }
                // Half of it goes at once, the oldest first.
                while state.bytes > Self.maximumBytes / 2, !state.order.isEmpty {
                    let count = max(1, state.order.count / 2)
                    for old in state.order.prefix(count) {
                        state.bytes -= state.objects.removeValue(forKey: old)?.bytes.count ?? 0
                    }
                    state.order.removeFirst(count)
                }
            }
        }
    }

    func removeAll() { state.withLock { $0 = State() } }
}
