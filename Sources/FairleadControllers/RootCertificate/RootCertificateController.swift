package import FairleadClient
import FairleadModel

/// Gives every namespace the cluster's root certificates, the ConfigMap `kube-root-ca.crt`, and restores it when it is
/// deleted or changed. Reference: KEP-1205.
package enum RootCertificateController {
    private static let mapName = "kube-root-ca.crt"
    private static let descriptionKey = "kubernetes.io/description"
    private static let description =
        "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the"
        + " internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of"
        + " Kubernetes clusters."

    package static let descriptor = ControllerDescriptor(
        "root-ca-certificate-publisher-controller", alias: "root-ca-cert-publisher", workers: 2
    ) { (setup: ControllerSetup<String>, settings: ControllerSettings) in
        let namespaces = setup.watch(.namespaces) { $0.isDeletion ? [] : [$0.name.name] }.lister
        let maps = setup.watch(.configMaps) { change in
            !change.isAddition && change.name.name == Self.mapName ? [change.name.namespace] : []
        }.lister
        let client = setup.client
        let data: Value = ["ca.crt": .string(settings.rootCertificates)]
        return { namespace in
            guard NamespaceReconciler.mayHaveMore(namespaces.get(namespace: "", name: namespace)) else { return .done }
            guard var map = maps.get(namespace: namespace, name: Self.mapName)?.value else {
                try await client.createOnce(.configMaps, in: namespace, Self.configMap(in: namespace, data))
                return .done
            }
            if map["data"] == data { return .done }
            map["data"] = data
            map.annotations[Self.descriptionKey] = Self.description
            try await ignoringNotFound(await client.update(.configMaps, map))
            return .done
        }
    }

    private static func configMap(in namespace: String, _ data: Value) -> Value {
        [
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": [
                "name": .string(mapName), "namespace": .string(namespace),
                "annotations": .object([descriptionKey: .string(description)]),
            ],
            "data": data,
        ]
    }
}
