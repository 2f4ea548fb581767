import FairleadModel
import FairleadStorage

/// The admission plugin ServiceAccount: gives a pod an existing account, its token and its pull secrets.
///
/// Reference: k8s.io/kubernetes `plugin/pkg/admission/serviceaccount`.
enum ServiceAccountAdmission {
    static let tokenPath = "/var/run/secrets/kubernetes.io/serviceaccount"

    static func admit(
        _ spec: inout Value, of pod: Value, _ context: StrategyContext, _ refusal: (String) -> APIStatus
    ) throws(APIStatus) {
        if pod.annotations["kubernetes.io/config.mirror"] != nil {
            if let reason = reasonAgainstMirror(spec) { throw refusal(reason) }
            return
        }
        spec.setDefaultText("serviceAccountName", "default")
        let name = spec.text("serviceAccountName")
        spec["serviceAccount"] = .string(name)
        let key = ObjectKey(
            GroupVersionResource.serviceAccounts.groupResource, namespace: pod.namespace, name: name)
        guard let account = context.snapshot.object(key)?.value else {
            throw refusal(
                "error looking up service account \(pod.namespace)/\(name): serviceaccount \(name.goQuoted) not found")
        }
        let automount =
            spec["automountServiceAccountToken"]?.bool ?? account["automountServiceAccountToken"]?.bool ?? true
        if automount { mountToken(&spec, context.environment) }
        if spec.items("imagePullSecrets").isEmpty, let secrets = account["imagePullSecrets"] {
            spec["imagePullSecrets"] = secrets
        }
        if account.annotations["kubernetes.io/enforce-mountable-secrets"] == "true",
            let reason = reasonAgainstSecrets(of: spec, account)
        {
            throw refusal(reason)
        }
    }

    /// A mirror pod represents one that its kubelet read from a file, which cannot depend on the API.
    private static func reasonAgainstMirror(_ spec: Value) -> String? {
        if !spec.text("serviceAccountName").isEmpty { return "a mirror pod may not reference service accounts" }
        if !SecretReferences.names(of: spec).isEmpty { return "a mirror pod may not reference secrets" }
        let usesToken = spec.items("volumes").contains { volume in
            volume["projected"]?.items("sources").contains { $0["serviceAccountToken"] != nil } ?? false
        }
        return usesToken ? "a mirror pod may not use ServiceAccountToken volume projections" : nil
    }

    /// An account with the annotation `kubernetes.io/enforce-mountable-secrets` lets its pods use only the Secrets it
    /// lists.
    private static func reasonAgainstSecrets(of spec: Value, _ account: Value) -> String? {
        let mountable = Set((account["secrets"]?.array ?? []).map { $0.text("name") })
        let pullable = Set((account["imagePullSecrets"]?.array ?? []).map { $0.text("name") })
        let words = "is not allowed because service account \(account.name) does not reference that"
        for volume in spec.items("volumes") {
            guard let name = volume.at("secret", "secretName")?.string, !mountable.contains(name) else { continue }
            return "volume with secret.secretName=\"\(name)\" \(words) secret"
        }
        for (list, word) in [("initContainers", "init container"), ("containers", "container")] {
            for container in spec.items(list) {
                for variable in container.items("env") {
                    guard let name = variable.at("valueFrom", "secretKeyRef", "name")?.string,
                        !mountable.contains(name)
                    else { continue }
                    return "\(word) \(container.text("name")) with envVar \(variable.text("name")) referencing "
                        + "secret.secretName=\"\(name)\" \(words) secret"
                }
            }
        }
        for (index, secret) in spec.items("imagePullSecrets").enumerated()
        where !pullable.contains(secret.text("name")) {
            return "imagePullSecrets[\(index)].name=\"\(secret.text("name"))\" \(words) imagePullSecret"
        }
        return nil
    }

    /// Adds the projected token volume, and mounts it in every container that has nothing at its path.
    private static func mountToken(_ spec: inout Value, _ environment: Environment) {
        var volumes = spec.items("volumes")
        let existing = volumes.first { $0.text("name").hasPrefix("kube-api-access-") }?.text("name")
        let name = existing ?? "kube-api-access-" + environment.randomSuffix(5)
        var isUsed = false
        for key in ["containers", "initContainers"] {
            spec.changeItems(key) { container in
                var mounts = container.items("volumeMounts")
                if mounts.contains(where: { $0.text("mountPath") == tokenPath }) { return }
                mounts.append(["mountPath": .string(tokenPath), "name": .string(name), "readOnly": true])
                container["volumeMounts"] = .array(mounts)
                isUsed = true
            }
        }
        guard isUsed, existing == nil else { return }
        volumes.append(tokenVolume(name))
        spec["volumes"] = .array(volumes)
    }

    private static func tokenVolume(_ name: String) -> Value {
        let token: Value = ["serviceAccountToken": ["expirationSeconds": 3607, "path": "token"]]
        let authority: Value = [
            "configMap": ["name": "kube-root-ca.crt", "items": [["key": "ca.crt", "path": "ca.crt"]]]
        ]
        let namespace: Value = [
            "downwardAPI": [
                "items": [["path": "namespace", "fieldRef": ["apiVersion": "v1", "fieldPath": "metadata.namespace"]]]
            ]
        ]
        return [
            "name": .string(name),
            "projected": ["defaultMode": 420, "sources": .array([token, authority, namespace])],
        ]
    }
}
