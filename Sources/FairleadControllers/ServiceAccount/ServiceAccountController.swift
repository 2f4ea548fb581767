package import FairleadClient
import FairleadModel

/// Gives every namespace its ServiceAccount `default`, and recreates it when it is deleted.
///
/// Reference: "Managing Service Accounts".
package enum ServiceAccountController {
    private static let accountName = "default"

    package static let descriptor = ControllerDescriptor(
        "serviceaccount-controller", alias: "serviceaccount", workers: 2
    ) { (setup: ControllerSetup<String>, _: ControllerSettings) in
        let namespaces = setup.watch(.namespaces) { $0.isDeletion ? [] : [$0.name.name] }.lister
        let accounts = setup.watch(.serviceAccounts) { change in
            change.isDeletion && change.name.name == Self.accountName ? [change.name.namespace] : []
        }.lister
        let client = setup.client
        return { namespace in
            guard NamespaceReconciler.mayHaveMore(namespaces.get(namespace: "", name: namespace)),
                accounts.get(namespace: namespace, name: Self.accountName) == nil
            else { return .done }
            let account: Value = [
                "apiVersion": "v1", "kind": "ServiceAccount",
                "metadata": ["name": .string(Self.accountName), "namespace": .string(namespace)],
            ]
            try await client.createOnce(.serviceAccounts, in: namespace, account)
            return .done
        }
    }
}
