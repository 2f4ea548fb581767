import FairleadModel

/// The rules for the security contexts of pods and containers.
enum PodSecurityValidation {
    package static func errors(ofPodSpec spec: Value, _ path: FieldPath) -> [FieldError] {
        guard let security = spec["securityContext"] else { return [] }
        var errors: [FieldError] = []
        for field in ["fsGroup", "runAsUser", "runAsGroup"] {
            errors += FieldChecks.userOrGroup(security[field], path.child(field))
        }
        for (index, group) in security.items("supplementalGroups").enumerated() {
            errors += FieldChecks.userOrGroup(group, path.child("supplementalGroups").index(index))
        }
        // In the internal form the host namespaces are part of the security context, hence the path.
        if spec.flag("hostPID"), spec.flag("shareProcessNamespace") {
            errors.append(
                .invalid(
                    path.child("shareProcessNamespace"), true,
                    "ShareProcessNamespace and HostPID cannot both be enabled"))
        }
        errors += systemControls(security.items("sysctls"), spec, path.child("sysctls"))
        errors += policy(security, "fsGroupChangePolicy", ["Always", "OnRootMismatch"], path)
        errors += ProfileValidation.seccomp(security["seccompProfile"], path.child("seccompProfile"))
        errors += WindowsValidation.errors(security["windowsOptions"], path.child("windowsOptions"))
        errors += ProfileValidation.appArmor(security["appArmorProfile"], path.child("appArmorProfile"))
        errors += policy(security, "supplementalGroupsPolicy", ["Merge", "Strict"], path)
        // SELinuxMount is off, so `MountOption` is not supported.
        return errors + policy(security, "seLinuxChangePolicy", ["Recursive"], path)
    }

    private static func policy(
        _ security: Value, _ field: String, _ supported: [String], _ path: FieldPath
    ) -> [FieldError] {
        guard let value = security[field]?.string else { return [] }
        return FieldChecks.oneOf(value, supported, path.child(field))
    }

    private static let controlNameMessage =
        "must have at most 253 characters and match regex "
        + "^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$"

    private static func systemControls(_ controls: [Value], _ spec: Value, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        var seen: Set<String> = []
        for (index, control) in controls.enumerated() {
            let name = control.text("name")
            let here = path.index(index).child("name")
            if name.isEmpty {
                errors.append(.required(here))
            } else if !isControlName(name) {
                errors.append(.invalid(here, .string(name), controlNameMessage))
            } else if seen.contains(name) {
                errors.append(.duplicate(here, .string(name)))
            }
            seen.insert(name)
            let flag: String? =
                switch namespace(ofControl: name) {
                case .network where spec.flag("hostNetwork"): "hostNetwork"
                case .communication where spec.flag("hostIPC"): "hostIPC"
                default: nil
                }
            if let flag {
                errors.append(.invalid(here, .string(name), "may not be specified when '\(flag)' is true"))
            }
        }
        return errors
    }

    /// Segments of lowercase letters and digits, with `-` and `_` inside them.
    private static func isControlName(_ name: String) -> Bool {
        guard name.utf8.count <= 253 else { return false }
        let segments = name.utf8.split(
            omittingEmptySubsequences: false, whereSeparator: { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "/") })
        return segments.allSatisfy { segment in
            guard let first = segment.first, let last = segment.last else { return false }
            func isPlain(_ byte: UInt8) -> Bool { byte.isSmallLetterOrDigit }
            return isPlain(first) && isPlain(last)
                && segment.allSatisfy { isPlain($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
        }
    }

    private enum ControlNamespace { case network, communication, other }

    /// The pod namespace that a sysctl belongs to. Names are written with dots or slashes; the first separator decides.
    private static func namespace(ofControl name: String) -> ControlNamespace {
        let separator = name.first { $0 == "." || $0 == "/" }
        let dotted =
            separator == "/" ? String(name.map { $0 == "/" ? "." : $0 == "." ? "/" : $0 }) : name
        if dotted == "kernel.sem" { return .communication }
        if ["kernel.shm", "kernel.msg", "fs.mqueue."].contains(where: dotted.hasPrefix) { return .communication }
        return dotted.hasPrefix("net.") ? .network : .other
    }

    package static func errors(
        ofContainer security: Value?, allowsPrivileged: Bool, usesHostUsers: Bool, _ path: FieldPath
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
        if let mount = security["procMount"]?.string {
            errors += FieldChecks.oneOf(mount, ["Default", "Unmasked"], path.child("procMount"))
            if mount == "Unmasked", usesHostUsers {
                errors.append(
                    .invalid(
                        path.child("procMount"), .string(mount), "`hostUsers` must be false to use `Unmasked`"))
            }
        }
        errors += ProfileValidation.seccomp(security["seccompProfile"], path.child("seccompProfile"))
        if security["allowPrivilegeEscalation"]?.bool == false {
            errors += escalation(security, isPrivileged: isPrivileged, path)
        }
        errors += WindowsValidation.errors(security["windowsOptions"], path.child("windowsOptions"))
        return errors + ProfileValidation.appArmor(security["appArmorProfile"], path.child("appArmorProfile"))
    }

    private static func escalation(_ security: Value, isPrivileged: Bool, _ path: FieldPath) -> [FieldError] {
        var reasons = isPrivileged ? ["`privileged` to true"] : []
        for capability in security["capabilities"]?.strings("add") ?? [] where capability == "CAP_SYS_ADMIN" {
            reasons.append("`capabilities.Add` CAP_SYS_ADMIN")
        }
        return reasons.map { reason in
            .invalid(
                path, printed: InternalForm.text(of: security, as: "SecurityContext"),
                "cannot set `allowPrivilegeEscalation` to false and \(reason)")
        }
    }
}

extension UInt8 {
    fileprivate var isSmallLetterOrDigit: Bool {
        UInt8(ascii: "a")...UInt8(ascii: "z") ~= self || UInt8(ascii: "0")...UInt8(ascii: "9") ~= self
    }
}
