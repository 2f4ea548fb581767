package import FairleadModel
package import FairleadSchema
package import FairleadStorage
import Synchronization

/// The custom kinds of a server: always those of the CustomResourceDefinitions that are stored.
///
/// Nobody has to tell it of changes: it compares the definitions in the store with those it has read, so that whoever
/// has seen a definition established finds its kind, after a restart too. Only what changed is read again.
package final class CustomCatalog: Sendable {
    package static let definitions = GroupResource(
        group: "apiextensions.k8s.io", resource: "customresourcedefinitions")

    /// The newest definition and the number of them: together they differ whenever one is added, changed or removed.
    private struct Stamp: Hashable {
        var newest: Int64 = 0
        var count = 0
    }

    private struct State {
        var stamp = Stamp()
        var kinds = CustomKinds()
        /// By uid, with the revision that was read.
        var read: [String: (revision: Int64, definition: CustomDefinition)] = [:]
    }

    private let store: Store
    private let objectMeta: TypeSchema?
    private let state = Mutex(State())

    package init(store: Store, types: TypeRegistry) {
        self.store = store
        objectMeta = types.type(named: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta")
    }

    package var current: CustomKinds {
        state.withLock { state in
            let objects = store.current.objects(Self.definitions, namespace: nil)
            var stamp = Stamp()
            for object in objects {
                stamp.newest = max(stamp.newest, object.revision)
                stamp.count += 1
            }
            guard stamp != state.stamp else { return state.kinds }
            var read: [String: (revision: Int64, definition: CustomDefinition)] = [:]
            for object in objects {
                let value = object.value
                let known = state.read[value.uid]
                if let known, known.revision == object.revision {
                    read[value.uid] = known
                } else {
                    let definition = CustomDefinition(value, previous: known?.definition, objectMeta: objectMeta)
                    read[value.uid] = (object.revision, definition)
                }
            }
            state.read = read
            state.kinds = CustomKinds(read.values.map(\.definition).sorted { $0.name < $1.name })
            state.stamp = stamp
            return state.kinds
        }
    }
}
