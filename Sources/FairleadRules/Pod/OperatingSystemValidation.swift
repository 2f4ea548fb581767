import FairleadModel

/// The rules for `spec.os`: a pod for one operating system may not set the fields of another.
enum OperatingSystemValidation {
    package static func errors(_ spec: Value, _ path: FieldPath) -> [FieldError] {
        guard let system = spec["os"] else { return [] }
        switch system.text("name") {
        case "": return [.required(path.child("os", "name"))]
        case "linux": return linux(spec, path)
        case "windows": return windows(spec, path)
        case let other:
            return [.notSupported(path.child("os"), .string(other), supported: ["linux", "windows"])]
        }
    }

    private static func linux(_ spec: Value, _ path: FieldPath) -> [FieldError] {
        let all = [(spec, path)] + spec.allContainers(path).map { ($0.container, $0.path) }
        return all.filter { owner, _ in owner.at("securityContext", "windowsOptions") != nil }.map { _, here in
            .forbidden(
                here.child("securityContext", "windowsOptions"), "windows options cannot be set for a linux pod")
        }
    }

    private static let ofContainers = [
        "appArmorProfile", "seLinuxOptions", "seccompProfile", "capabilities", "readOnlyRootFilesystem", "privileged",
        "allowPrivilegeEscalation", "procMount", "runAsUser", "runAsGroup",
    ]

    /// Fields that a Windows pod may not set, in Kubernetes' order; some are in the security context.
    private static let ofPods: [(field: String, isInContext: Bool)] = [
        ("appArmorProfile", true), ("seLinuxOptions", true), ("hostUsers", false), ("hostPID", false),
        ("hostIPC", false), ("seccompProfile", true), ("fsGroup", true), ("fsGroupChangePolicy", true),
        ("sysctls", true), ("shareProcessNamespace", false), ("runAsUser", true), ("runAsGroup", true),
        ("supplementalGroups", true), ("supplementalGroupsPolicy", true), ("seLinuxChangePolicy", true),
    ]

    private static func windows(_ spec: Value, _ path: FieldPath) -> [FieldError] {
        let word = "cannot be set for a windows pod"
        var errors: [FieldError] = []
        for (field, isInContext) in ofPods {
            let value = isInContext ? spec.at("securityContext", field) : spec[field]
            // The host namespaces are plain booleans, for which false means unset.
            if value == nil || ["hostPID", "hostIPC"].contains(field) && value != true { continue }
            errors.append(.forbidden(isInContext ? path.child("securityContext", field) : path.child(field), word))
        }
        for (container, here) in spec.allContainers(path) {
            for field in ofContainers where container.at("securityContext", field) != nil {
                errors.append(.forbidden(here.child("securityContext", field), word))
            }
        }
        return errors
    }
}
