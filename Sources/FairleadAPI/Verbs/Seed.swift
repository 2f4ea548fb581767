import FairleadKinds
package import FairleadModel
import FairleadStorage

extension API {
    /// Creates objects of this program's own making, those that are missing, in one transaction if the store takes that many at once. They are taken to be
    /// valid; what is there stays as it is.
    ///
    /// - Throws: errors of the store.
    package func seed(
        _ objects: [(key: ObjectKey, object: Value)], version: String, manager: String
    ) async throws(APIStatus) {
        for _ in 0..<8 {
            let snapshot = store.current
            var transaction = Transaction()
            for (key, object) in objects
            where snapshot.isFree(key) && transaction.operations.count < store.maximumOperations {
                let resource = GroupVersionResource(
                    group: key.resource.group, version: version, resource: key.resource.resource)
                guard let kind = kinds.anyKind(resource) else { throw .unknownResource }
                var new = object
                trackFields(kind, &new, old: nil, scope: .main, manager: manager)
                new.set(.string(environment.newUID()), at: "metadata", "uid")
                new.set(.string(environment.now().rfc3339), at: "metadata", "creationTimestamp")
                transaction.conditions.append(.init(key: key, revision: 0))
                transaction.operations.append(.put(key, Document(kind.stored(new))))
            }
            if transaction.operations.isEmpty { return }
            do throws(StorageError) {
                _ = try await store.commit(transaction)
                if transaction.operations.count < store.maximumOperations { return }
            } catch .conflict {
                // A client was faster with one of them.
                continue
            } catch {
                throw error.status(objects.first?.key.resource ?? GroupResource(group: "", resource: ""), name: "")
            }
        }
    }
}
