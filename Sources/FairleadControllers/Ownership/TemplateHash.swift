import FairleadModel

/// The hash of a pod template that names ReplicaSets and the revisions of DaemonSets: `pod-template-hash`.
///
/// It is Kubernetes' own, over the template as Go prints it, so the same template has the same hash here and there.
/// Reference: k8s.io/kubernetes `pkg/controller` (ComputeHash).
enum TemplateHash {
    /// - Parameters:
    ///   - collisionCount: raised when the name made of the hash was taken; absent and 0 differ.
    ///   - wasEncoded: whether the controller wrote the owner just before, which shows in the quantities.
    static func compute(_ template: Value, collisionCount: Int64?, wasEncoded: Bool = false) -> String {
        var bytes = GoPrinter(template, as: "v1.PodTemplateSpec", remembersQuantities: wasEncoded).bytes
        if let collisionCount {
            let count = UInt64(UInt32(truncatingIfNeeded: collisionCount))
            bytes += (0..<8).map { UInt8(truncatingIfNeeded: count >> ($0 * 8)) }
        }
        return NameHash.text(of: NameHash.fnv1a(bytes))
    }
}
