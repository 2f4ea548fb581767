package import FairleadModel

/// What may change in a pod: images, a shorter deadline, more tolerations, fewer scheduling gates.
///
/// Reference: ValidatePodUpdate of k8s.io/kubernetes `pkg/apis/core/validation`.
package enum PodUpdateValidation {
    private static let path = FieldPath("spec")

    /// The errors of the change itself, without those of the new object.
    package static func errors(_ object: Value, old: Value) -> [FieldError] {
        let new = object["spec"] ?? .null
        let before = old["spec"] ?? .null
        var errors: [FieldError] = []
        for key in ["containers", "initContainers"] {
            let (found, stops) = containers(new.items(key), old: before.items(key), path.child(key))
            errors += found
            if stops { return errors }
        }
        let (found, stops) = deadline(new, old: before)
        errors += found
        if stops { return errors }
        errors += tolerations(new.items("tolerations"), old: before.items("tolerations"))
        errors += gates(new.items("schedulingGates"), old: before.items("schedulingGates"))
        if new == before { return errors }
        var munged = withoutAllowedChanges(new, old: before)
        if !before.items("schedulingGates").isEmpty { errors += placement(&munged, old: before) }
        if munged != before { errors.append(forbidden(munged, old: before)) }
        return errors
    }

    private static func containers(
        _ new: [Value], old: [Value], _ path: FieldPath
    ) -> (errors: [FieldError], stops: Bool) {
        if new.count != old.count {
            return ([.forbidden(path, "pod updates may not add or remove containers")], true)
        }
        var errors: [FieldError] = []
        for (index, container) in new.enumerated() {
            if container.text("image").isEmpty { errors.append(.required(path.index(index).child("image"))) }
            errors += ContainerValidation.imageErrors(container, path.index(index))
        }
        return (errors, false)
    }

    private static func deadline(_ new: Value, old: Value) -> (errors: [FieldError], stops: Bool) {
        let here = path.child("activeDeadlineSeconds")
        let before = old["activeDeadlineSeconds"]?.int
        guard let seconds = new["activeDeadlineSeconds"]?.int else {
            if before == nil { return ([], false) }
            return ([.invalid(here, .null, "must not update from a positive integer to nil value")], false)
        }
        let outOfRange = FieldChecks.inRange(.int(seconds), 0...2_147_483_647, here)
        if !outOfRange.isEmpty { return (outOfRange, true) }
        if let before, before < seconds {
            return ([.invalid(here, .int(seconds), "must be less than or equal to previous value")], true)
        }
        return ([], false)
    }

    private static func tolerations(_ new: [Value], old: [Value]) -> [FieldError] {
        let here = path.child("tolerations")
        let remaining = Set(new.map(withoutSeconds))
        if old.contains(where: { !remaining.contains(withoutSeconds($0)) }) {
            return [.forbidden(here, "existing toleration can not be modified except its tolerationSeconds")]
        }
        return TolerationValidation.errors(new, here)
    }

    private static func withoutSeconds(_ toleration: Value) -> Value {
        var result = toleration
        result["tolerationSeconds"] = nil
        return result
    }

    private static func gates(_ new: [Value], old: [Value]) -> [FieldError] {
        let before = Set(old.map { $0.text("name") })
        // A gate that is added twice is reported once, at its last occurrence.
        var lastPlaces: [String: Int] = [:]
        for (index, gate) in new.enumerated() { lastPlaces[gate.text("name")] = index }
        return new.enumerated().compactMap { index, gate in
            let name = gate.text("name")
            return before.contains(name) || lastPlaces[name] != index
                ? nil
                : .forbidden(
                    path.child("schedulingGates").index(index).child("name"),
                    "only deletion is allowed, but found new scheduling gate '\(name)'")
        }
    }

    private static func withoutAllowedChanges(_ new: Value, old: Value) -> Value {
        var result = new
        for key in ["containers", "initContainers"] {
            let images = old.items(key).map { $0["image"] }
            var index = 0
            result.changeItems(key) { container in
                container["image"] = images[index]
                index += 1
            }
        }
        for key in ["activeDeadlineSeconds", "schedulingGates", "tolerations"] { result[key] = old[key] }
        if let before = old["terminationGracePeriodSeconds"]?.int, before < 0,
            new.number("terminationGracePeriodSeconds") == 1
        {
            result["terminationGracePeriodSeconds"] = .int(before)
        }
        return result
    }

    /// A gated pod may still narrow down where it can be scheduled. Such changes, valid or not, are undone in `munged`,
    /// as they have errors of their own.
    private static func placement(_ munged: inout Value, old: Value) -> [FieldError] {
        var errors: [FieldError] = []
        let selector = munged["nodeSelector"]
        if !old.entries("nodeSelector").allSatisfy({ selector?[$0.key] == $0.value }) {
            errors.append(
                .invalid(
                    path.child("nodeSelector"), selector ?? .null,
                    "only additions to spec.nodeSelector are allowed (no mutations or deletions)"))
        }
        munged["nodeSelector"] = old["nodeSelector"]
        let affinity = munged.at("affinity", "nodeAffinity")
        let before = old.at("affinity", "nodeAffinity")
        if affinity == before { return errors }
        errors += nodeAffinity(affinity, old: before)
        let isOnlyNodeAffinity =
            munged.at("affinity", "podAffinity") == nil && munged.at("affinity", "podAntiAffinity") == nil
        if old["affinity"] == nil, isOnlyNodeAffinity {
            munged["affinity"] = nil
        } else {
            munged.set(before, at: "affinity", "nodeAffinity")
        }
        return errors
    }

    /// Required terms may be added if there were none; after that their requirements may only grow.
    private static func nodeAffinity(_ new: Value?, old: Value?) -> [FieldError] {
        let required = "requiredDuringSchedulingIgnoredDuringExecution"
        let here = path.child("affinity", "nodeAffinity", required, "nodeSelectorTerms")
        let terms = new?[required]?.items("nodeSelectorTerms") ?? []
        let before = old?[required]?.items("nodeSelectorTerms") ?? []
        if before.isEmpty { return [] }
        if before.count != terms.count {
            let printed = terms.map { InternalForm.text(of: $0, as: "NodeSelectorTerm") }.joined(separator: ",")
            // An empty list of terms is a nil slice in Go, which prints as null.
            return [
                .invalid(
                    here, printed: terms.isEmpty ? "null" : "[\(printed)]",
                    "no additions/deletions to non-empty NodeSelectorTerms list are allowed")
            ]
        }
        var errors: [FieldError] = []
        for (index, (term, before)) in zip(terms, before).enumerated() where !onlyGrows(term, old: before) {
            errors.append(
                .invalid(
                    here.index(index), printed: InternalForm.text(of: term, as: "NodeSelectorTerm"),
                    "only additions are allowed (no mutations or deletions)"))
        }
        return errors
    }

    /// A term without requirements matches nothing, so adding one would widen it.
    private static func onlyGrows(_ new: Value, old: Value) -> Bool {
        let parts = ["matchExpressions", "matchFields"]
        if parts.allSatisfy({ old.items($0).isEmpty }) { return parts.allSatisfy { new.items($0).isEmpty } }
        return parts.allSatisfy { new.items($0).starts(with: old.items($0)) }
    }

    private static let updatable = [
        "`spec.containers[*].image`", "`spec.initContainers[*].image`", "`spec.activeDeadlineSeconds`",
        "`spec.tolerations` (only additions to existing tolerations)",
        "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
    ]

    private static func forbidden(_ new: Value, old: Value) -> FieldError {
        let diff = UnifiedDiff.text(
            from: InternalForm.lines(ofPodSpec: old), to: InternalForm.lines(ofPodSpec: new))
        return .forbidden(
            path,
            "pod updates may not change fields other than \(updatable.joined(separator: ","))\n\(diff)")
    }
}
