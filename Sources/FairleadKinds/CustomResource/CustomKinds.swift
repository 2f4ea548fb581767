import Dispatch
package import FairleadModel
package import FairleadSchema
package import FairleadStorage
import Synchronization

/// The custom kinds of a server: always those of the stored CustomResourceDefinitions.
///
/// It needs no notification of changes: it compares the definitions in the store with those it has read, so whoever has
/// seen a definition established finds its kind, even after a restart. Only what changed is read again.
package final class CustomKinds: Sendable {
    package static let definitions = GroupResource(
        group: "apiextensions.k8s.io", resource: "customresourcedefinitions")

    private struct State {
        /// The edition of the definitions that were read; 0 where there were none.
        var stamp: UInt64 = 0
        var kinds = CustomKinds.Contents()
        /// By uid, with the revision that was read.
        var read: [String: (revision: Int64, definition: CustomDefinition)] = [:]
    }

    private let store: Store
    private let objectMeta: TypeSchema?
    /// Never held for long: event loops take it.
    private let state = Mutex(State())
    /// Held while definitions are read, so that each is read only once.
    private let reading = Mutex(())

    package init(store: Store, types: TypeRegistry) {
        self.store = store
        objectMeta = types.type(named: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta")
    }

    /// Whether `current` returns at once. Reading definitions, with their rules and patterns, may take long.
    package var isRead: Bool {
        let stamp = Self.stamp(store.current)
        return state.withLock { $0.stamp == stamp }
    }

    /// The kinds of the definitions in the store, reading them now if necessary.
    package var current: CustomKinds.Contents {
        known(Self.stamp(store.current))
            ?? reading.withLock { _ in
                let snapshot = store.current
                let stamp = Self.stamp(snapshot)
                // Another thread may have read them meanwhile.
                return known(stamp) ?? read(snapshot.objects(Self.definitions, namespace: nil), stamp)
            }
    }

    /// The kinds as last read. Returns at once.
    package var lastRead: CustomKinds.Contents { state.withLock { $0.kinds } }

    /// Calls back once the definitions currently in the store have been read; does not wait.
    package func whenRead(_ body: @escaping @Sendable () -> Void) {
        if isRead { return body() }
        DispatchQueue.global(qos: .utility).async {
            _ = self.current
            body()
        }
    }

    private static func stamp(_ snapshot: Snapshot) -> UInt64 { snapshot.edition(of: definitions) }

    private func known(_ stamp: UInt64) -> CustomKinds.Contents? {
        state.withLock { $0.stamp == stamp ? $0.kinds : nil }
    }

    private func read(_ objects: some Sequence<StoredObject>, _ stamp: UInt64) -> CustomKinds.Contents {
        let before = state.withLock { $0.read }
        var read: [String: (revision: Int64, definition: CustomDefinition)] = [:]
        for object in objects {
            let value = object.value
            let known = before[value.uid]
            if let known, known.revision == object.revision {
                read[value.uid] = known
            } else {
                let definition = CustomDefinition(value, previous: known?.definition, objectMeta: objectMeta)
                read[value.uid] = (object.revision, definition)
            }
        }
        let kinds = CustomKinds.Contents(read.values.map(\.definition).sorted { $0.name < $1.name })
        state.withLock { $0 = State(stamp: stamp, kinds: kinds, read: read) }
        return kinds
    }
}
