import FairleadKinds
import FairleadModel

extension API {
    /// The plugin NamespaceAutoProvision: a namespace is made when something is to be created in it.
    ///
    /// Reference: Kubernetes documentation, "Admission Controllers"; `plugin/pkg/admission/namespace/autoprovision`.
    /// - Throws: why the namespace cannot be made.
    func provisionNamespace(_ name: String, for kind: Kind, isDryRun: Bool) async throws(APIStatus) {
        guard configuration.plugins.contains(.namespaceAutoProvision), kind.info.isNamespaced, !isDryRun,
            let namespaces = kinds.kind(apiVersion: "v1", kind: "Namespace"),
            store.current.object(namespaces.key(namespace: "", name: name)) == nil
        else { return }
        do {
            _ = try await create(
                namespaces, namespace: "",
                ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(name)]])
        } catch  where error.reason == "AlreadyExists" {
            // Another request was faster.
        }
    }
}
