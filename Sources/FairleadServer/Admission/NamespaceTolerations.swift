import FairleadAPI
import FairleadKinds
import FairleadModel
import FairleadRules
import FairleadStorage

/// The plugin PodTolerationRestriction: annotations of a namespace say what its pods tolerate besides what they say
/// themselves, and what they may tolerate at all.
///
/// Defaults of the whole cluster belong to a configuration file, which this server does not read.
///
/// Reference: Kubernetes documentation, "Admission Controllers", PodTolerationRestriction;
/// `plugin/pkg/admission/podtolerationrestriction`.
struct NamespaceTolerations: DynamicAdmission {
    private static let defaults = "scheduler.alpha.kubernetes.io/defaultTolerations"
    private static let allowed = "scheduler.alpha.kubernetes.io/tolerationsWhitelist"
    private static let pods = GroupResource(group: "", resource: "pods")

    func isInterested(
        in operation: AdmissionOperation, _ kind: Kind, subresource: String?, _ snapshot: Snapshot
    ) -> Bool {
        (operation == .create || operation == .update) && subresource == nil && kind.groupResource == Self.pods
    }

    func mutate(_ attributes: AdmissionAttributes) async throws(APIStatus) -> Value? {
        guard var pod = attributes.object else { return nil }
        var tolerations = pod.at("spec", "tolerations")?.array ?? []
        if attributes.operation == .create {
            tolerations = TolerationSet.merged(try list(Self.defaults, attributes) + tolerations)
        }
        if PodQoS.of(pod["spec"] ?? .null) != "BestEffort" {
            tolerations = TolerationSet.merged(
                tolerations + [
                    ["key": "node.kubernetes.io/memory-pressure", "operator": "Exists", "effect": "NoSchedule"]
                ])
        }
        if !tolerations.isEmpty { pod.set(.array(tolerations), at: "spec", "tolerations") }
        return pod
    }

    func validate(_ attributes: AdmissionAttributes) async throws(APIStatus) {
        let tolerations = attributes.object?.at("spec", "tolerations")?.array ?? []
        if tolerations.isEmpty { return }
        let allowed = try list(Self.allowed, attributes)
        if allowed.isEmpty { return }
        let known = TolerationSet(allowed)
        for toleration in tolerations where !known.includes(toleration) {
            throw APIStatus(
                code: 500, reason: "",
                message: "pod tolerations (possibly merged with namespace default tolerations) conflict with its "
                    + "namespace whitelist")
        }
    }

    /// The tolerations in an annotation of the namespace: JSON.
    private func list(_ annotation: String, _ attributes: AdmissionAttributes) throws(APIStatus) -> [Value] {
        guard let text = attributes.namespaceObject?.at("metadata", "annotations", annotation)?.string, !text.isEmpty
        else { return [] }
        do {
            return try JSON.parse(Array(text.utf8)).value.array ?? []
        } catch {
            throw APIStatus(code: 500, reason: "", message: error.message)
        }
    }
}
