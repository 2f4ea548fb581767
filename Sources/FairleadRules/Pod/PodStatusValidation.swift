package import FairleadModel

/// What may be written to the status of a pod.
///
/// Reference: ValidatePodStatusUpdate of k8s.io/kubernetes `pkg/apis/core/validation`.
package enum PodStatusValidation {
    package static func errors(_ object: Value, old: Value) -> [FieldError] {
        let new = object["status"] ?? .null
        let before = old["status"] ?? .null
        let path = FieldPath("status")
        let spec = old["spec"] ?? .null
        var errors = conditions(new.items("conditions"))
        let nominated = new.text("nominatedNodeName")
        if nominated != before.text("nominatedNodeName"), !nominated.isEmpty {
            errors += FieldChecks.dnsSubdomain(nominated, path.child("nominatedNodeName"))
        }
        if new.text("qosClass") != before.text("qosClass") {
            errors.append(
                .invalid(path.child("qosClass"), new["qosClass"] ?? "", FieldChecks.immutable))
        }
        errors += containers(new, before, "containerStatuses", policy: spec.text("restartPolicy"), spec)
        errors += containers(new, before, "initContainerStatuses", policy: spec.text("restartPolicy"), spec)
        errors += addresses(new.items("podIPs"), path.child("podIPs"))
        if let first = new.items("hostIPs").first?.text("ip"), first != new.text("hostIP") {
            errors.append(
                .invalid(
                    path.child("hostIPs").index(0).child("ip"), .string(first), "must be equal to `hostIP`"))
        }
        errors += addresses(new.items("hostIPs"), path.child("hostIPs"))
        return errors
    }

    /// Types of conditions are checked but for those that Kubernetes sets itself. (Errors stand below `metadata`,
    /// where Kubernetes puts them.)
    private static func conditions(_ conditions: [Value]) -> [FieldError] {
        let system: Set<String> = [
            "PodScheduled", "Ready", "Initialized", "ContainersReady", "DisruptionTarget", "PodReadyToStartContainers",
            "PodResizePending", "PodResizeInProgress",
        ]
        var errors: [FieldError] = []
        for (index, condition) in conditions.enumerated() where !system.contains(condition.text("type")) {
            errors += FieldChecks.qualifiedName(
                condition.text("type"), FieldPath("metadata", "conditions").index(index).child("Type"))
        }
        return errors
    }

    /// A container that terminated for good may not run again.
    private static func containers(
        _ new: Value, _ old: Value, _ key: String, policy: String, _ spec: Value
    ) -> [FieldError] {
        let isInit = key == "initContainerStatuses"
        if policy == "Always" { return [] }
        var errors: [FieldError] = []
        let sidecars = Set(
            spec.items("initContainers").filter { $0.text("restartPolicy") == "Always" }.map { $0.text("name") })
        let running = Set(
            new.items(key).filter { $0.at("state", "terminated") == nil }.map { $0.text("name") })
        for (index, before) in old.items(key).enumerated() {
            guard let terminated = before.at("state", "terminated") else { continue }
            if policy == "OnFailure", terminated.number("exitCode") != 0 { continue }
            let name = before.text("name")
            if isInit, sidecars.contains(name) { continue }
            if running.contains(name) {
                errors.append(
                    .forbidden(
                        FieldPath("status").child(key).index(index).child("state"),
                        "may not be transitioned to non-terminated state"))
            }
        }
        return errors
    }

    /// Valid addresses, at most one of each family.
    private static func addresses(_ list: [Value], _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        for (index, item) in list.enumerated() {
            errors += FieldChecks.messages(NameRules.ip(item.text("ip")), value: item.text("ip"), path.index(index))
        }
        if !errors.isEmpty || list.count < 2 { return errors }
        let families = Set(list.compactMap { IPAddress($0.text("ip"))?.isIPv4 })
        if families.count < 2 || list.count > 2 {
            let printed = list.map { InternalForm.text(of: $0, as: "PodIP") }.joined(separator: ",")
            errors.append(
                .invalid(path, printed: "[\(printed)]", "may specify no more than one IP for each IP family"))
        }
        var seen: Set<String> = []
        for (index, item) in list.enumerated() where !seen.insert(item.text("ip")).inserted {
            errors.append(
                FieldError(
                    .duplicate, path.index(index),
                    printedValue: InternalForm.text(of: item, as: "PodIP"), detail: ""))
        }
        return errors
    }
}
