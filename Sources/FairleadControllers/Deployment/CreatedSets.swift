import FairleadClient
import FairleadModel
import Synchronization

/// The ReplicaSets recently created for Deployments, until the cache shows them.
///
/// A change of the Deployment may be seen before its new ReplicaSet. It must not be created again then, because its
/// name would not always be the same.
final class CreatedSets: Sendable {
    private let names = Mutex<[ObjectName: String]>([:])

    func note(_ set: String, of deployment: ObjectName) { names.withLock { $0[deployment] = set } }

    func forget(_ deployment: ObjectName) { names.withLock { $0[deployment] = nil } }

    /// The name of a ReplicaSet that was created for the Deployment and is not in the cache yet.
    func missing(of deployment: ObjectName, in sets: Lister) -> String? {
        guard let name = names.withLock({ $0[deployment] }) else { return nil }
        guard sets.get(ObjectName(namespace: deployment.namespace, name: name)) == nil else {
            forget(deployment)
            return nil
        }
        return name
    }
}
