package import FairleadModel

extension ObjectClient {
    /// Creates an object that every namespace has. It is fine if the object already exists, or if the namespace is
    /// terminating or gone.
    package func createOnce(
        _ resource: GroupVersionResource, in namespace: String, _ object: Value
    ) async throws(APIStatus) {
        do {
            _ = try await create(resource, namespace: namespace, object)
        } catch {
            if error.reason == "AlreadyExists" || error.isNamespaceTerminating || error.code == 404 { return }
            throw error
        }
    }
}
