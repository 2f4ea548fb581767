import FairleadKinds
import FairleadModel

/// The stored objects that admission of a write reads besides the object itself.
enum AdmissionSources {
    struct Source {
        let resource: GroupResource
        /// Whether only objects in the same namespace count.
        let isNamespaced: Bool
    }

    private static let quotas = namespaced("", "resourcequotas")
    private static let limits = namespaced("", "limitranges")
    private static let budgets = namespaced("policy", "poddisruptionbudgets")
    private static let classes = Source(
        resource: GroupResource(group: "scheduling.k8s.io", resource: "priorityclasses"), isNamespaced: false)
    private static let ranges = Source(
        resource: GroupResource(group: "networking.k8s.io", resource: "servicecidrs"), isNamespaced: false)

    static func of(_ kind: Kind, subresource: String?) -> [Source] {
        guard kind.info.isNamespaced else { return [] }
        switch (kind.groupResource.group, kind.groupResource.resource, subresource) {
        case ("", "pods", "eviction"): return [budgets]
        case ("", "pods", _): return [quotas, limits, classes]
        case ("", "persistentvolumeclaims", _): return [quotas, limits]
        case ("", "services", _): return [quotas, ranges]
        default: return [quotas]
        }
    }

    private static func namespaced(_ group: String, _ resource: String) -> Source {
        Source(resource: GroupResource(group: group, resource: resource), isNamespaced: true)
    }
}
