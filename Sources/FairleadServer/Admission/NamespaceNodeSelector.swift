import FairleadAPI
import FairleadKinds
import FairleadModel
import FairleadStorage

/// The plugin PodNodeSelector: pods get the node selector that an annotation of their namespace has.
///
/// The cluster's default and the lists of what a namespace may select belong to a configuration file, which this server
/// does not read.
///
/// Reference: Kubernetes documentation, "Admission Controllers", PodNodeSelector; `plugin/pkg/admission/podnodeselector`.
struct NamespaceNodeSelector: DynamicAdmission {
    private static let annotation = "scheduler.alpha.kubernetes.io/node-selector"
    private static let pods = GroupResource(group: "", resource: "pods")

    func isInterested(
        in operation: AdmissionOperation, _ kind: Kind, subresource: String?, _ snapshot: Snapshot
    ) -> Bool {
        operation == .create && subresource == nil && kind.groupResource == Self.pods
    }

    func mutate(_ attributes: AdmissionAttributes) async throws(APIStatus) -> Value? {
        let wanted = try selector(attributes)
        guard var pod = attributes.object, !wanted.isEmpty else { return attributes.object }
        for (key, value) in wanted { pod.set(.string(value), at: "spec", "nodeSelector", key) }
        return pod
    }

    func validate(_ attributes: AdmissionAttributes) async throws(APIStatus) { _ = try selector(attributes) }

    /// The labels that the namespace wants.
    /// - Throws: 403 if the pod wants others for the same keys.
    private func selector(_ attributes: AdmissionAttributes) throws(APIStatus) -> [(key: String, value: String)] {
        guard let text = attributes.namespaceObject?.at("metadata", "annotations", Self.annotation)?.string else {
            return []
        }
        let wanted = try Self.labels(text)
        let own = attributes.object?.at("spec", "nodeSelector")
        for (key, value) in wanted {
            guard let other = own?[key]?.string, other != value else { continue }
            throw .forbidden(
                Self.pods, name: attributes.object?.name ?? "",
                "pod node label selector conflicts with its namespace node label selector")
        }
        return wanted
    }

    /// `key=value,key=value`, as in `labels.ConvertSelectorToLabelsMap`; a later value of a key replaces an earlier one.
    private static func labels(_ text: String) throws(APIStatus) -> [(key: String, value: String)] {
        var labels: [(key: String, value: String)] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: text.isEmpty) {
            let sides = part.split(separator: "=", omittingEmptySubsequences: false)
            guard sides.count == 2 else {
                throw APIStatus(code: 500, reason: "", message: "invalid selector: \(text)")
            }
            labels.append((sides[0].trimmingSpaces, sides[1].trimmingSpaces))
        }
        return labels
    }
}
