package import FairleadModel

/// Resource names, and which amounts are valid for them.
///
/// Reference: k8s.io/kubernetes `pkg/apis/core/helper/helpers.go`.
package enum ResourceNames {
    private static let standard: Set<String> = [
        "cpu", "memory", "ephemeral-storage", "pods", "requests.cpu", "requests.memory",
        "requests.ephemeral-storage", "limits.cpu", "limits.memory", "limits.ephemeral-storage", "resourcequotas",
        "services", "replicationcontrollers", "secrets", "configmaps", "persistentvolumeclaims", "storage",
        "requests.storage", "services.nodeports", "services.loadbalancers",
    ]
    private static let counted: Set<String> = [
        "pods", "resourcequotas", "services", "replicationcontrollers", "secrets", "configmaps",
        "persistentvolumeclaims", "services.nodeports", "services.loadbalancers",
    ]
    private static let ofContainers: Set<String> = ["cpu", "memory", "ephemeral-storage"]
    private static let ofPods: Set<String> = ["cpu", "memory"]
    private static let pagesPrefix = "hugepages-"

    package static func isHugePages(_ name: String) -> Bool { name.hasPrefix(pagesPrefix) }

    /// Whether it can be a pod-level resource.
    static func isOfPods(_ name: String) -> Bool { ofPods.contains(name) || isHugePages(name) }

    static func isNative(_ name: String) -> Bool { !name.contains("/") || name.contains("kubernetes.io/") }

    static func isExtended(_ name: String) -> Bool {
        !isNative(name) && !name.hasPrefix("requests.") && NameRules.qualifiedName("requests." + name).isEmpty
    }

    package static func mayBeOvercommitted(_ name: String) -> Bool { isNative(name) && !isHugePages(name) }

    /// Whether the amount is a multiple of the page size in the name.
    static func isWholePages(_ name: String, _ amount: Quantity) -> Bool {
        guard let size = Quantity(String(name.dropFirst(pagesPrefix.count)))?.value, size > 0, !amount.isNegative
        else { return false }
        return amount.value % size == 0
    }

    /// Errors in the name itself.
    package static func errors(_ name: String, _ path: FieldPath) -> [FieldError] {
        let errors = FieldChecks.qualifiedName(name, path)
        if !errors.isEmpty || name.contains("/") || standard.contains(name) || isHugePages(name) { return errors }
        return [.invalid(path, .string(name), "must be a standard resource type or fully qualified")]
    }

    package static func errors(ofContainer name: String, _ path: FieldPath) -> [FieldError] {
        var errors = errors(name, path)
        if !name.contains("/") {
            if !ofContainers.contains(name), !isHugePages(name) {
                errors.append(.invalid(path, .string(name), "must be a standard resource for containers"))
            }
        } else if !isNative(name), !isExtended(name) {
            errors.append(.invalid(path, .string(name), "doesn't follow extended resource name standard"))
        }
        return errors
    }

    package static func errors(ofPod name: String, _ path: FieldPath) -> [FieldError] {
        let errors = errors(name, path)
        if !errors.isEmpty || isOfPods(name) { return errors }
        return [.notSupported(path, .string(name), inOrder: ["cpu", pagesPrefix, "memory"])]
    }

    /// Amounts must not be negative, and must be integers if the resource is counted.
    package static func amountErrors(_ name: String, _ amount: Quantity, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        if amount.isNegative {
            errors.append(.invalid(path, .string(amount.description), FieldChecks.mustBeNonNegative))
        }
        if counted.contains(name) || isExtended(name), !amount.isWhole {
            errors.append(.invalid(path, .string(amount.description), "must be an integer"))
        }
        return errors
    }
}
