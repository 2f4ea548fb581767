package import FairleadModel

/// What may be written to the status of a pod.
///
/// Reference: ValidatePodStatusUpdate of k8s.io/kubernetes `pkg/apis/core/validation`.
package enum PodStatusValidation {
    private static let path = FieldPath("status")
    private static let lists = [
        (statuses: "containerStatuses", containers: "containers"),
        (statuses: "initContainerStatuses", containers: "initContainers"),
        (statuses: "ephemeralContainerStatuses", containers: "ephemeralContainers"),
    ]

    package static func errors(_ object: Value, old: Value) -> [FieldError] {
        let new = object["status"] ?? .null
        let before = old["status"] ?? .null
        let spec = old["spec"] ?? .null
        var errors = PodAnnotationValidation.updateErrors(object, old: old)
        errors += conditions(new.items("conditions"))
        errors += nomination(new, before, spec)
        let observed = new.number("observedGeneration")
        if observed < 0 { errors.append(negative(path.child("observedGeneration"), observed)) }
        if new.text("qosClass") != before.text("qosClass") {
            errors.append(
                .invalid(path.child("qosClass"), new["qosClass"] ?? "", FieldChecks.immutable))
        }
        for list in lists { errors += transitions(new, before, spec, list.statuses, list.containers) }
        errors += claims(new, spec)
        errors += addresses(new, before, "podIPs")
        errors += hostAddresses(new, before)
        for list in lists {
            errors += ContainerStatusValidation.users(
                new.items(list.statuses), spec, path.child(list.statuses))
        }
        for list in lists {
            errors += ContainerStatusValidation.allocations(
                new.items(list.statuses), spec.items(list.containers),
                isAllowed: list.containers != "ephemeralContainers", path.child(list.statuses))
        }
        return errors
    }

    private static func negative(_ path: FieldPath, _ number: Int64) -> FieldError {
        .invalid(path, .int(number), "must be a non-negative integer")
    }

    /// Condition types are checked, except for those that Kubernetes itself has always set.
    private static func conditions(_ conditions: [Value]) -> [FieldError] {
        let system: Set<String> = ["PodScheduled", "Ready", "Initialized"]
        var errors: [FieldError] = []
        for (index, condition) in conditions.enumerated() {
            let here = path.child("conditions").index(index)
            let observed = condition.number("observedGeneration")
            if observed < 0 { errors.append(negative(here.child("observedGeneration"), observed)) }
            if system.contains(condition.text("type")) { continue }
            errors += FieldChecks.qualifiedName(condition.text("type"), here.child("Type"))
        }
        return errors
    }

    private static func nomination(_ new: Value, _ old: Value, _ spec: Value) -> [FieldError] {
        let name = new.text("nominatedNodeName")
        if name.isEmpty || name == old.text("nominatedNodeName") { return [] }
        let here = path.child("nominatedNodeName")
        var errors = FieldChecks.dnsSubdomain(name, here)
        if !spec.text("nodeName").isEmpty {
            errors.append(.forbidden(here, "may not be set on pods that are already bound to a node"))
        }
        return errors
    }

    // MARK: - Containers

    /// A container that has terminated for good may not run again.
    private static func transitions(
        _ new: Value, _ old: Value, _ spec: Value, _ key: String, _ containers: String
    ) -> [FieldError] {
        if containers != "ephemeralContainers", RestartPolicies.mayRestartAll(spec) { return [] }
        var errors: [FieldError] = []
        var now: [String: Value] = [:]
        for status in new.items(key).reversed() { now[status.text("name")] = status }
        for (index, before) in old.items(key).enumerated() {
            let name = before.text("name")
            guard let terminated = before.at("state", "terminated"),
                let status = now[name], status.at("state", "terminated") == nil
            else { continue }
            let container = spec.items(containers).first { $0.text("name") == name }
            let isAllowed =
                containers != "ephemeralContainers"
                && container.map {
                    RestartPolicies.restarts($0, in: spec, exitCode: terminated.number("exitCode"))
                } ?? false
            if isAllowed { continue }
            errors.append(
                .forbidden(
                    path.child(key).index(index).child("state"), "may not be transitioned to non-terminated state"))
        }
        return errors
    }

    private static func claims(_ status: Value, _ spec: Value) -> [FieldError] {
        var errors: [FieldError] = []
        let names = ResourceClaimValidation.names(spec.items("resourceClaims"))
        var seen: Set<String> = []
        for (index, claim) in status.items("resourceClaimStatuses").enumerated() {
            let here = path.child("resourceClaimStatuses").index(index)
            let name = claim.text("name")
            if !names.contains(name) {
                errors.append(
                    .invalid(
                        here.child("name"), .string(name),
                        "must match the name of an entry in `spec.resourceClaims`"))
            }
            if !seen.insert(name).inserted { errors.append(.duplicate(here.child("name"), .string(name))) }
            if let target = claim["resourceClaimName"]?.string {
                errors += FieldChecks.dnsSubdomain(target, here.child("resourceClaimName"))
            }
        }
        return errors
    }

    // MARK: - Addresses

    private static func hostAddresses(_ new: Value, _ old: Value) -> [FieldError] {
        guard let first = new.items("hostIPs").first?.text("ip") else { return [] }
        var errors: [FieldError] = []
        if first != new.text("hostIP") {
            errors.append(
                .invalid(
                    path.child("hostIPs").index(0).child("ip"), .string(first), "must be equal to `hostIP`"))
        }
        return errors + addresses(new, old, "hostIPs")
    }

    /// Valid addresses, at most one per family; existing ones may stay.
    private static func addresses(_ new: Value, _ old: Value, _ key: String) -> [FieldError] {
        let here = path.child(key)
        let list = new.items(key)
        let existing = Set(old.items(key).map { $0.text("ip") })
        var errors: [FieldError] = []
        for (index, item) in list.enumerated() where !existing.contains(item.text("ip")) {
            errors += IPText.addressErrors(item.text("ip"), here.index(index))
        }
        if list.count < 2 { return errors }
        let parsed = list.map { IPText.sloppy($0.text("ip")).flatMap { IPAddress($0) } }
        if let bad = parsed.firstIndex(where: { $0 == nil }) {
            errors.append(
                .internalError(
                    here,
                    "failed to check for dual stack with error:invalid IP[\(bad)]: \(list[bad].text("ip"))"))
        }
        let families = Set(parsed.compactMap { $0?.isIPv4 })
        if families.count < 2 || list.count > 2 || parsed.contains(where: { $0 == nil }) {
            let printed = list.map { InternalForm.text(of: $0, as: "PodIP") }.joined(separator: ",")
            errors.append(
                .invalid(here, printed: "[\(printed)]", "may specify no more than one IP for each IP family"))
        }
        return errors
    }
}
