package import FairleadModel

/// What may change through a pod's `ephemeralcontainers` and `resize` subresources.
///
/// Reference: ValidatePodEphemeralContainersUpdate, ValidatePodResize of k8s.io/kubernetes `pkg/apis/core/validation`.
extension PodSpecValidation {
    private static let specPath = FieldPath("spec")

    /// Ephemeral containers may be added, but not changed or removed.
    package func errors(ofEphemeralContainers pod: Value, old: Value) -> [FieldError] {
        if old.annotations[PodAnnotationValidation.mirror] != nil {
            return [.forbidden(.nowhere, "static pods do not support ephemeral containers")]
        }
        var errors = errors(ofPod: pod) + PodAnnotationValidation.updateErrors(pod, old: old)
        let path = Self.specPath.child("ephemeralContainers")
        var now: [String: Value] = [:]
        for container in pod["spec"]?.items("ephemeralContainers") ?? [] { now[container.text("name")] = container }
        for container in old["spec"]?.items("ephemeralContainers") ?? [] {
            let name = container.text("name").goQuoted
            guard let new = now[container.text("name")] else {
                errors.append(.forbidden(path, "existing ephemeral containers \(name) may not be removed\n"))
                continue
            }
            if new == container { continue }
            let diff = UnifiedDiff.text(
                from: InternalForm.lines(of: container, as: "EphemeralContainer"),
                to: InternalForm.lines(of: new, as: "EphemeralContainer"))
            errors.append(.forbidden(path, "existing ephemeral containers \(name) may not be changed\n\(diff)"))
        }
        return errors
    }

    /// Amounts of cpu and memory may go up or down as long as the QoS class stays the same.
    package func errors(ofResize pod: Value, old: Value) -> [FieldError] {
        if old.annotations[PodAnnotationValidation.mirror] != nil {
            return [.forbidden(.nowhere, "static pods cannot be resized")]
        }
        if old.at("spec", "os", "name")?.string == "windows" {
            return [.forbidden(.nowhere, "windows pods cannot be resized")]
        }
        let new = pod["spec"] ?? .null
        let before = old["spec"] ?? .null
        let path = Self.specPath
        var errors = errors(ofPod: pod)
        let quality = old.at("status", "qosClass")?.string ?? ""
        if (quality.isEmpty ? PodQoS.of(before) : quality) != PodQoS.of(new) {
            errors.append(
                .invalid(
                    path, pod.at("status", "qosClass") ?? "", "Pod QOS Class may not change as a result of resizing"))
        }
        if !Self.isResizable(old) {
            errors.append(.forbidden(path, "Pod running on node without support for resize"))
        }
        errors += Self.podResources(new["resources"], old: before["resources"], path)
        if !(old["status"]?.items("nodeAllocatableResourceClaimStatuses") ?? []).isEmpty {
            errors.append(
                .forbidden(path, "pods with node allocatable resource claims cannot be resized"))
        }
        let order = Self.order(new, old: before, path)
        if !order.isEmpty { return errors + order }
        for key in ["initContainers", "containers"] {
            for (index, (container, old)) in zip(new.items(key), before.items(key)).enumerated() {
                errors += Self.removals(
                    container["resources"], old: old["resources"],
                    path.child(key).index(index).child("resources"), "resource")
            }
        }
        errors += Self.otherChanges(new, old: before, path)
        return errors.isEmpty ? Self.rest(new, old: before, path) : errors
    }

    /// A kubelet that supports resizing reports the resources of running containers.
    private static func isResizable(_ pod: Value) -> Bool {
        let running = pod["status"]?.items("containerStatuses").first { $0.at("state", "running") != nil }
        return running.map { $0["resources"] != nil } ?? true
    }

    private static func podResources(_ new: Value?, old: Value?, _ path: FieldPath) -> [FieldError] {
        func isSet(_ resources: Value?) -> Bool {
            ["requests", "limits"].contains { !(resources?.entries($0) ?? []).isEmpty }
        }
        guard isSet(new) || isSet(old) else { return [] }
        if old != nil, new == nil {
            return [.forbidden(path.child("resources"), "pod-level resources cannot be removed")]
        }
        var errors: [FieldError] = []
        if old != nil { errors += removals(new, old: old, path.child("resources"), "pod-level resource") }
        if fixedPart(new) != fixedPart(old) || new?.items("claims") ?? [] != old?.items("claims") ?? [] {
            errors.append(.forbidden(path, "only cpu and memory resources are mutable at pod-level"))
        }
        return errors
    }

    private static func removals(
        _ new: Value?, old: Value?, _ path: FieldPath, _ words: String
    ) -> [FieldError] {
        ["requests", "limits"].compactMap { kind in
            let names = Set((new?.entries(kind) ?? []).map(\.key))
            let isRemoved = (old?.entries(kind) ?? []).contains { !names.contains($0.key) }
            return isRemoved ? .forbidden(path.child(kind), "\(words) \(kind) cannot be removed") : nil
        }
    }

    /// The resources that a resize may not change.
    private static func fixedPart(_ resources: Value?) -> [ResourceAmounts] {
        ["requests", "limits"].map { kind in
            ResourceAmounts(resources?[kind]).filter { name, _ in name != "cpu" && name != "memory" }
        }
    }

    private static func order(_ new: Value, old: Value, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        for key in ["containers", "initContainers"] {
            let here = path.child(key)
            let (now, before) = (new.items(key), old.items(key))
            if now.count != before.count {
                errors.append(.forbidden(here, "\(key) may not be added or removed on resize"))
                continue
            }
            for (index, (container, old)) in zip(now, before).enumerated()
            where container.text("name") != old.text("name") {
                errors.append(
                    .forbidden(
                        here.index(index).child("name"), "\(key) may not be renamed or reordered on resize"))
            }
        }
        return errors
    }

    /// Whether only cpu and memory differ. (Containers with claims never pass: Kubernetes drops the claims before
    /// comparing them.)
    private static func isOnlyResized(_ container: Value, old: Value) -> Bool {
        var (new, before) = (container, old)
        new["resources"] = nil
        before["resources"] = nil
        return new == before && fixedPart(container["resources"]) == fixedPart(old["resources"])
            && (old["resources"]?.items("claims") ?? []).isEmpty
    }

    private static func otherChanges(_ new: Value, old: Value, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        for (container, old) in zip(new.items("containers"), old.items("containers"))
        where !isOnlyResized(container, old: old) {
            errors.append(.forbidden(path, "only cpu and memory resources are mutable"))
        }
        for (index, (container, old)) in zip(new.items("initContainers"), old.items("initContainers")).enumerated() {
            let here = path.child("initContainers").index(index)
            if !isOnlyResized(container, old: old) {
                errors.append(
                    .forbidden(here, "only cpu and memory resources for init or sidecar containers are mutable"))
            }
            if container == old || container.text("restartPolicy") == "Always" { continue }
            for policy in container.items("resizePolicy") where policy.text("restartPolicy") == "RestartContainer" {
                errors.append(
                    .forbidden(
                        here,
                        "non-sidecar init containers with a resize policy of RestartContainer cannot be resized"))
            }
        }
        return errors
    }

    /// Changes outside containers and resources.
    private static func rest(_ new: Value, old: Value, _ path: FieldPath) -> [FieldError] {
        var (new, before) = (new, old)
        for key in ["containers", "initContainers", "resources"] {
            new[key] = nil
            before[key] = nil
        }
        return new == before ? [] : [.forbidden(path, "only cpu and memory resources are mutable")]
    }
}
