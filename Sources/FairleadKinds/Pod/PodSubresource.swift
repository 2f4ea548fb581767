import FairleadModel

/// What an update of a pod's subresource leaves unchanged.
enum PodSubresource {
    static func keepAllButStatus(_ object: inout Value, old: Value) {
        object["spec"] = old["spec"]
        object.set(old.at("metadata", "ownerReferences"), at: "metadata", "ownerReferences")
        if object.at("status", "qosClass") == nil {
            object.set(old.at("status", "qosClass"), at: "status", "qosClass")
        }
        keepObservedGenerations(&object, old: old)
    }

    /// Old kubelets do not know the observed generation; what a newer one recorded is kept.
    private static func keepObservedGenerations(_ object: inout Value, old: Value) {
        let before = old["status"] ?? .null
        object.change("status") { status in
            if status.number("observedGeneration") == 0 {
                status["observedGeneration"] = before["observedGeneration"]
            }
            var noted: [String: [Value?]] = [:]
            for condition in before.items("conditions") {
                noted[condition.text("type"), default: []].append(condition["observedGeneration"])
            }
            status.changeItems("conditions") { condition in
                guard let first = noted[condition.text("type")]?.first else { return }
                noted[condition.text("type")]?.removeFirst()
                if condition.number("observedGeneration") == 0 { condition["observedGeneration"] = first }
            }
        }
    }

    static func keepAllButEphemeralContainers(_ object: inout Value, old: Value) {
        let containers = object.at("spec", "ephemeralContainers")
        object["spec"] = old["spec"]
        object.set(containers, at: "spec", "ephemeralContainers")
        keepStatusAndMetadata(&object, old: old)
    }

    /// If containers were added, removed or reordered, everything is kept as sent, for validation to refuse it.
    static func keepAllButResources(_ object: inout Value, old: Value) {
        let new = object["spec"] ?? .null
        var spec = old["spec"] ?? .null
        for key in ["containers", "initContainers"] where new.items(key).count != spec.items(key).count { return }
        for key in ["containers", "initContainers"] {
            let sent = new.items(key)
            if sent.isEmpty { continue }
            if zip(sent, spec.items(key)).contains(where: { $0.text("name") != $1.text("name") }) {
                spec[key] = .array(sent)
                continue
            }
            var index = 0
            spec.changeItems(key) { container in
                for field in ["resources", "resizePolicy"] { container[field] = sent[index][field] }
                index += 1
            }
        }
        spec["resources"] = new["resources"]
        object["spec"] = spec
        keepStatusAndMetadata(&object, old: old)
    }

    private static func keepStatusAndMetadata(_ object: inout Value, old: Value) {
        object["status"] = old["status"]
        for field in ["labels", "annotations", "finalizers", "ownerReferences"] {
            object.set(old.at("metadata", field), at: "metadata", field)
        }
    }
}
