package import FairleadModel

/// The rules for annotations that have a meaning for pods.
///
/// Reference: ValidatePodSpecificAnnotations of k8s.io/kubernetes `pkg/apis/core/validation`.
package enum PodAnnotationValidation {
    static let mirror = "kubernetes.io/config.mirror"
    private static let deletionCost = "controller.kubernetes.io/pod-deletion-cost"
    private static let seccompOfPod = "seccomp.security.alpha.kubernetes.io/pod"
    private static let seccompOfContainer = "container.seccomp.security.alpha.kubernetes.io/"
    static let appArmor = "container.apparmor.security.beta.kubernetes.io/"

    package static func errors(_ annotations: Value?, _ spec: Value, _ path: FieldPath) -> [FieldError] {
        guard let annotations = annotations?.object, !annotations.isEmpty else { return [] }
        var errors: [FieldError] = []
        if let value = annotations[mirror], spec.text("nodeName").isEmpty {
            errors.append(
                .invalid(path.key(mirror), value, "must set spec.nodeName if mirror pod annotation is set"))
        }
        if let cost = annotations[deletionCost]?.string, !isDeletionCost(cost) {
            errors.append(.invalid(path.key(deletionCost), .string(cost), "must be a 32bit integer"))
        }
        if let profile = annotations[seccompOfPod]?.string {
            errors += seccomp(profile, path.child(seccompOfPod))
        }
        for member in annotations.members where member.key.hasPrefix(seccompOfContainer) {
            errors += seccomp(member.value.string ?? "", path.child(member.key))
        }
        let containers = Set(spec.allContainers(.root).map { $0.container.text("name") })
        for member in annotations.members where member.key.hasPrefix(appArmor) {
            let name = String(member.key.dropFirst(appArmor.count))
            if !containers.contains(name) {
                errors.append(.invalid(path.key(member.key), .string(name), "container not found"))
            }
            let profile = member.value.string ?? ""
            if !profile.isEmpty, !["runtime/default", "unconfined"].contains(profile), !profile.hasPrefix("localhost/")
            {
                errors.append(
                    .invalid(
                        path.key(member.key), .string(profile), "invalid AppArmor profile name: \(profile.goQuoted)"))
            }
        }
        return errors
    }

    /// A 32-bit integer without a plus sign or leading zeros.
    private static func isDeletionCost(_ text: String) -> Bool {
        if text.hasPrefix("+") || text.count > 1 && text.hasPrefix("0") { return false }
        return Int32(text) != nil
    }

    private static func seccomp(_ profile: String, _ path: FieldPath) -> [FieldError] {
        if ["runtime/default", "docker/default", "unconfined"].contains(profile) { return [] }
        let prefix = "localhost/"
        if profile.hasPrefix(prefix) {
            return VolumeValidation.descendingPath(String(profile.dropFirst(prefix.count)), path)
        }
        return [.invalid(path, .string(profile), "must be a valid seccomp profile")]
    }

    // MARK: - Annotations and fields

    /// On creation, old annotations must not contradict the fields that replaced them.
    static func mismatches(_ annotations: Value?, _ spec: Value, _ path: FieldPath) -> [FieldError] {
        guard let annotations = annotations?.object, !annotations.isEmpty else { return [] }
        var errors: [FieldError] = []
        if let profile = spec.at("securityContext", "seccompProfile"), let text = annotations[seccompOfPod]?.string {
            errors += mismatch(text, profile, seccompWords, path.child("securityContext", "seccompProfile"))
        }
        let containers = spec.allContainers(path)
        for (container, here) in containers {
            guard let profile = container.at("securityContext", "seccompProfile"),
                let text = annotations[seccompOfContainer + container.text("name")]?.string
            else { continue }
            errors += mismatch(text, profile, seccompWords, here.child("securityContext", "seccompProfile"))
        }
        if spec.at("os", "name")?.string == "windows" { return errors }
        for (container, here) in containers {
            let own = container.at("securityContext", "appArmorProfile")
            guard let profile = own ?? spec.at("securityContext", "appArmorProfile"),
                let text = annotations[appArmor + container.text("name")]?.string
            else { continue }
            errors += mismatch(text, profile, appArmorWords, here.child("securityContext", "appArmorProfile"))
        }
        return errors
    }

    private static let seccompWords = (name: "seccomp", defaults: ["runtime/default", "docker/default"])
    private static let appArmorWords = (name: "apparmor", defaults: ["runtime/default"])

    private static func mismatch(
        _ text: String, _ profile: Value, _ words: (name: String, defaults: [String]), _ path: FieldPath
    ) -> [FieldError] {
        let prefix = "localhost/"
        let isOfType: Bool
        switch profile.text("type") {
        case "Unconfined": isOfType = text == "unconfined"
        case "RuntimeDefault": isOfType = words.defaults.contains(text)
        case "Localhost":
            isOfType = text.hasPrefix(prefix)
            if isOfType, profile["localhostProfile"]?.string != String(text.dropFirst(prefix.count)) {
                return [
                    .forbidden(
                        path.child("localhostProfile"), "\(words.name) profile in annotation and field must match")
                ]
            }
        default: isOfType = true
        }
        return isOfType
            ? [] : [.forbidden(path.child("type"), "\(words.name) type in annotation and field must match")]
    }

    // MARK: - Changes

    /// What an update may not change, followed by the rules for the new annotations, which Kubernetes checks twice.
    package static func updateErrors(_ object: Value, old: Value) -> [FieldError] {
        let path = FieldPath("metadata", "annotations")
        let new = object.at("metadata", "annotations")
        var errors: [FieldError] = []
        for member in old.at("metadata", "annotations")?.object?.members ?? [] where new?[member.key] != member.value {
            if member.key.hasPrefix(appArmor) {
                errors.append(.forbidden(path.key(member.key), "may not remove or update AppArmor annotations"))
            }
            if member.key == mirror {
                errors.append(.forbidden(path.key(member.key), "may not remove or update mirror pod annotation"))
            }
        }
        let before = old.at("metadata", "annotations")
        for member in new?.object?.members ?? [] where before?[member.key] == nil {
            if member.key.hasPrefix(appArmor) {
                errors.append(.forbidden(path.key(member.key), "may not add AppArmor annotations"))
            }
            if member.key == mirror {
                errors.append(.forbidden(path.key(member.key), "may not add mirror pod annotation"))
            }
        }
        return errors + self.errors(new, object["spec"] ?? .null, path)
    }
}
