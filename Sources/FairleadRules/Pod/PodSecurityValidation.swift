import FairleadModel

/// The rules of the security contexts of pods and containers, and of the host's namespaces.
enum PodSecurityValidation {
    static func errors(ofPodSpec spec: Value, _ path: FieldPath) -> [FieldError] {
        guard let security = spec["securityContext"] else { return [] }
        let here = path.child("securityContext")
        var errors: [FieldError] = []
        for field in ["fsGroup", "runAsUser", "runAsGroup"] {
            errors += FieldChecks.userOrGroup(security[field], here.child(field))
        }
        for (index, group) in security.items("supplementalGroups").enumerated() {
            errors += FieldChecks.userOrGroup(group, here.child("supplementalGroups").index(index))
        }
        // The host's namespaces are parts of the security context in the internal form, hence the path.
        if spec.flag("hostPID"), spec.flag("shareProcessNamespace") {
            errors.append(
                .invalid(
                    here.child("shareProcessNamespace"), true,
                    "ShareProcessNamespace and HostPID cannot both be enabled"))
        }
        errors += systemControls(security.items("sysctls"), here.child("sysctls"))
        if let policy = security["fsGroupChangePolicy"]?.string, !["Always", "OnRootMismatch"].contains(policy) {
            errors.append(
                .notSupported(
                    here.child("fsGroupChangePolicy"), .string(policy), supported: ["Always", "OnRootMismatch"]))
        }
        errors += seccomp(security["seccompProfile"], here.child("seccompProfile"))
        return errors
    }

    /// Where the network is the host's, ports of containers are ports of the host.
    static func hostPorts(_ spec: Value, _ path: FieldPath) -> [FieldError] {
        guard spec.flag("hostNetwork") else { return [] }
        var errors: [FieldError] = []
        for (index, container) in spec.items("containers").enumerated() {
            for (position, port) in container.items("ports").enumerated() {
                // Templates have no host ports yet; zero is filled in when the pod is made.
                let hostPort = port.number("hostPort")
                guard hostPort != 0, hostPort != port.number("containerPort") else { continue }
                errors.append(
                    .invalid(
                        path.child("containers").index(index).child("ports").index(position).child("hostPort"),
                        .int(hostPort), "must match `containerPort` when `hostNetwork` is true"))
            }
        }
        return errors
    }

    private static let controlNameMessage =
        "must have at most 253 characters and match regex "
        + "^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$"

    private static func systemControls(_ controls: [Value], _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        var seen: Set<String> = []
        for (index, control) in controls.enumerated() {
            let name = control.text("name")
            let here = path.index(index).child("name")
            let isValid =
                name.utf8.count <= 253
                && name.split(whereSeparator: { $0 == "." || $0 == "/" }).allSatisfy {
                    NameRules.dns1123Label(String($0).replacing("_", with: "-")).isEmpty
                }
            if name.isEmpty {
                errors.append(.required(here))
            } else if !isValid {
                errors.append(.invalid(here, .string(name), controlNameMessage))
            } else if !seen.insert(name).inserted {
                errors.append(.duplicate(here, .string(name)))
            }
        }
        return errors
    }

    static func errors(
        ofContainer security: Value?, allowsPrivileged: Bool, _ path: FieldPath
    ) -> [FieldError] {
        guard let security else { return [] }
        var errors: [FieldError] = []
        let isPrivileged = security.flag("privileged")
        if isPrivileged, !allowsPrivileged {
            errors.append(.forbidden(path.child("privileged"), "disallowed by cluster policy"))
        }
        for field in ["runAsUser", "runAsGroup"] {
            errors += FieldChecks.userOrGroup(security[field], path.child(field))
        }
        errors += seccomp(security["seccompProfile"], path.child("seccompProfile"))
        guard security["allowPrivilegeEscalation"]?.bool == false else { return errors }
        let printed = InternalForm.text(of: security, as: "SecurityContext")
        if isPrivileged {
            errors.append(
                .invalid(
                    path, printed: printed, "cannot set `allowPrivilegeEscalation` to false and `privileged` to true"))
        }
        if security["capabilities"]?.strings("add").contains("CAP_SYS_ADMIN") ?? false {
            errors.append(
                .invalid(
                    path, printed: printed,
                    "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN"))
        }
        return errors
    }

    private static let profileTypes = ["Localhost", "RuntimeDefault", "Unconfined"]

    private static func seccomp(_ profile: Value?, _ path: FieldPath) -> [FieldError] {
        guard let profile else { return [] }
        let type = profile.text("type")
        let file = profile["localhostProfile"]?.string
        if type.isEmpty { return [.required(path.child("type"), "type is required when seccompProfile is set")] }
        if !profileTypes.contains(type) {
            return [.notSupported(path.child("type"), .string(type), supported: profileTypes)]
        }
        if type == "Localhost" {
            guard let file, !file.isEmpty else {
                return [
                    .required(
                        path.child("localhostProfile"),
                        "must be set when seccomp type is Localhost")
                ]
            }
            return VolumeValidation.localPath(file, path.child("localhostProfile"))
        }
        guard let file else { return [] }
        return [
            .invalid(
                path.child("localhostProfile"), .string(file), "can only be set when seccomp type is Localhost")
        ]
    }
}
