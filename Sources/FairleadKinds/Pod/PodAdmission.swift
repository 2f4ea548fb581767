import FairleadModel
import FairleadStorage

/// What admission does to a pod: the plugins LimitRanger, ServiceAccount, Priority, DefaultTolerationSeconds and
/// PodTopologyLabels before it is validated, LimitRanger and NodeDeclaredFeatures afterwards.
enum PodAdmission {
    static func admit(_ pod: inout Value, _ context: StrategyContext) throws(APIStatus) {
        let isMirror = pod.at("metadata", "annotations", "kubernetes.io/config.mirror") != nil
        LimitRanger.fill(&pod, from: LimitRanger.ranges(in: pod.namespace, context))
        var spec = pod["spec"] ?? .object(Object())
        if !isMirror { try admitServiceAccount(&spec, of: pod, context) }
        try PriorityAdmission.admit(&spec, context) { forbidden(pod, $0) }
        addDefaultTolerations(&spec)
        pod["spec"] = spec
        PodTopologyLabels.copy(from: spec.text("nodeName"), to: &pod, context.snapshot)
    }

    /// What admission computed at creation need not be repeated by an updater.
    static func admitUpdate(_ pod: inout Value, old: Value) {
        for field in ["priority", "preemptionPolicy"] where pod.at("spec", field) == nil {
            pod.set(old.at("spec", field), at: "spec", field)
        }
        pod.change("spec", addDefaultTolerations)
    }

    /// What is checked after validation: the bounds of LimitRanges, and the node where a resize takes place.
    static func validate(_ pod: Value, old: Value?, _ context: StrategyContext) throws(APIStatus) {
        guard old == nil || context.subresource == "resize" else { return }
        if pod.deletionTimestamp == nil,
            let reason = LimitRanger.refusal(of: pod, by: LimitRanger.ranges(in: pod.namespace, context))
        {
            throw forbidden(pod, reason)
        }
        guard let old, pod["spec"] != old["spec"] else { return }
        let node = pod.at("spec", "nodeName")?.string ?? ""
        if node.isEmpty { return }
        let key = ObjectKey(GroupVersionResource.nodes.groupResource, namespace: "", name: node)
        if context.snapshot.object(key) == nil { throw forbidden(pod, "node \(node.goQuoted) not found") }
    }

    // MARK: ServiceAccount

    static let tokenPath = "/var/run/secrets/kubernetes.io/serviceaccount"

    private static func admitServiceAccount(
        _ spec: inout Value, of pod: Value, _ context: StrategyContext
    ) throws(APIStatus) {
        spec.setDefaultText("serviceAccountName", "default")
        let name = spec.text("serviceAccountName")
        spec["serviceAccount"] = .string(name)
        let key = ObjectKey(
            GroupVersionResource.serviceAccounts.groupResource, namespace: pod.namespace, name: name)
        guard let account = context.snapshot.object(key)?.value else {
            throw forbidden(
                pod,
                "error looking up service account \(pod.namespace)/\(name): serviceaccount \(name.goQuoted) not found")
        }
        let automount =
            spec["automountServiceAccountToken"]?.bool ?? account["automountServiceAccountToken"]?.bool ?? true
        if automount { mountToken(&spec, context.environment) }
        if spec.items("imagePullSecrets").isEmpty, let secrets = account["imagePullSecrets"] {
            spec["imagePullSecrets"] = secrets
        }
    }

    /// Adds the projected token volume, and its mount to every container that has nothing at its path.
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

    // MARK: DefaultTolerationSeconds

    private static func addDefaultTolerations(_ spec: inout Value) {
        var tolerations = spec.items("tolerations")
        for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
            let isTolerated = tolerations.contains { toleration in
                [key, ""].contains(toleration.text("key")) && ["NoExecute", ""].contains(toleration.text("effect"))
            }
            if isTolerated { continue }
            tolerations.append([
                "effect": "NoExecute", "key": .string(key), "operator": "Exists", "tolerationSeconds": 300,
            ])
        }
        if !tolerations.isEmpty { spec["tolerations"] = .array(tolerations) }
    }

    /// Most of admission runs before a name is generated, so the prefix stands for it.
    private static func forbidden(_ pod: Value, _ why: String) -> APIStatus {
        let name = pod.name.isEmpty ? pod.generateName : pod.name
        return .forbidden(
            GroupVersionResource.pods.groupResource, name: name.isEmpty ? "Unknown" : name, why)
    }
}
