package import FairleadModel

/// AppArmor profiles used to be annotations, one per container. They are copied to the fields that replaced them.
///
/// Reference: applyAppArmorVersionSkew of k8s.io/kubernetes `pkg/registry/core/pod/strategy.go`.
package enum AppArmorAnnotations {
    /// Sets the fields of a new pod.
    package static func synchronize(_ pod: inout Value) {
        let annotations = pod.annotations
        guard annotations.keys.contains(where: { $0.hasPrefix(PodAnnotationValidation.appArmor) }),
            pod.at("spec", "os", "name")?.string != "windows"
        else { return }
        pod.change("spec") { spec in
            let ofPod = spec.at("securityContext", "appArmorProfile")
            for key in ["initContainers", "containers", "ephemeralContainers"] {
                spec.changeItems(key) { container in
                    let name = PodAnnotationValidation.appArmor + container.text("name")
                    guard container.at("securityContext", "appArmorProfile") == nil,
                        let profile = annotations[name].flatMap(profile), profile != ofPod
                    else { return }
                    container.set(profile, at: "securityContext", "appArmorProfile")
                }
            }
        }
    }

    /// The profile field that an annotation corresponds to; nil if it is not valid.
    private static func profile(_ annotation: String) -> Value? {
        let prefix = "localhost/"
        switch annotation {
        case "unconfined": return ["type": "Unconfined"]
        case "runtime/default": return ["type": "RuntimeDefault"]
        default:
            guard annotation.hasPrefix(prefix) else { return nil }
            let profile: Value = [
                "type": "Localhost", "localhostProfile": .string(String(annotation.dropFirst(prefix.count))),
            ]
            return ProfileValidation.appArmor(profile, .root).isEmpty ? profile : nil
        }
    }

    static func warning(_ path: FieldPath) -> String {
        "\(path): deprecated since v1.30; use the \"appArmorProfile\" field instead"
    }

    /// Warnings about a pod whose fields have been set: about annotations that differ from the container's own field,
    /// or that have no corresponding field value.
    static func warnings(_ pod: Value) -> [String] {
        let annotations = pod.annotations
        guard annotations.keys.contains(where: { $0.hasPrefix(PodAnnotationValidation.appArmor) }) else { return [] }
        let spec = pod["spec"] ?? .null
        if spec.at("os", "name")?.string == "windows" { return [] }
        return spec.allContainers(.root).compactMap { container, _ in
            let key = PodAnnotationValidation.appArmor + container.text("name")
            guard let annotation = annotations[key] else { return nil }
            let given = profile(annotation)
            if given != nil, given != container.at("securityContext", "appArmorProfile") { return nil }
            return warning(FieldPath("metadata", "annotations").key(key))
        }
    }
}
