import FairleadClient
import FairleadModel

extension ObjectClient {
    /// Makes what every namespace has. That it is there already, or that the namespace is on its way out or gone, is fine.
    func createOnce(_ resource: GroupVersionResource, in namespace: String, _ object: Value) async throws(APIStatus) {
        do {
            _ = try await create(resource, namespace: namespace, object)
        } catch {
            if error.reason == "AlreadyExists" || error.isNamespaceTerminating || error.code == 404 { return }
            throw error
        }
    }
}
