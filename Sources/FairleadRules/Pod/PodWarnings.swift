package import FairleadModel

/// What is allowed in a pod but probably not intended. Reference: k8s.io/kubernetes `pkg/api/pod/warnings.go`.
package enum PodWarnings {
    /// Nobody reads more warnings than this about an object with a million entries.
    static let maximum = 1000

    /// The warnings about a new pod.
    package static func ofPod(_ pod: Value) -> [String] {
        AppArmorAnnotations.warnings(pod) + ofName(pod.name, usedIn: "the Pod's hostname") + of(pod, nil)
    }

    /// - Parameter path: the path of the template.
    package static func ofTemplate(_ template: Value?, _ path: FieldPath) -> [String] {
        of(template ?? .null, path)
    }

    /// Names that become part of a hostname although they are not DNS labels.
    package static func ofName(_ name: String, usedIn place: String) -> [String] {
        let messages = NameRules.dns1123Label(name)
        if messages.isEmpty { return [] }
        return [
            "metadata.name: this is used in \(place), which can result in surprising behavior; "
                + "a DNS label is recommended: [\(messages.joined(separator: " "))]"
        ]
    }

    /// - Parameter template: the path of the template; nil for a pod.
    private static func of(_ object: Value, _ template: FieldPath?) -> [String] {
        let spec = object["spec"] ?? .null
        let annotations = object.at("metadata", "annotations")
        let path = template?.child("spec") ?? FieldPath("spec")
        let notes = template?.child("metadata", "annotations") ?? FieldPath("metadata", "annotations")
        var warnings = PlacementWarnings.ofNodes(spec, path)
        warnings += deprecated(annotations, notes)
        warnings += VolumeWarnings.of(spec.items("volumes"), path.child("volumes"))
        warnings += doubles(spec, path)
        warnings += fractions(spec["overhead"], path.child("overhead"))
        if let profile = annotations?["seccomp.security.alpha.kubernetes.io/pod"], !profile.isNull,
            spec.at("securityContext", "seccompProfile") == nil
        {
            warnings.append(seccomp(notes.key("seccomp.security.alpha.kubernetes.io/pod")))
        }
        let containers = spec.allContainers(path)
        for (container, here) in containers where warnings.count < maximum {
            warnings += profiles(of: container, spec, annotations, notes, isTemplate: template != nil)
            for kind in ["limits", "requests"] {
                warnings += fraction("memory", container.at("resources", kind), here.child("resources", kind))
            }
            for kind in ["limits", "requests"] {
                warnings += fraction(
                    "ephemeral-storage", container.at("resources", kind), here.child("resources", kind))
            }
            warnings += hiddenVariables(container, here.child("env"))
        }
        warnings += PortWarnings.of(containers)
        if spec.number("terminationGracePeriodSeconds") < 0 {
            warnings.append(
                "\(path.child("terminationGracePeriodSeconds")): must be >= 0; "
                    + "negative values are invalid and will be treated as 1")
        }
        warnings += PlacementWarnings.ofPods(spec["affinity"], path.child("affinity"))
        for (index, server) in (spec["dnsConfig"]?.strings("nameservers") ?? []).enumerated() {
            warnings += IPText.addressWarnings(server, path.child("dnsConfig", "nameservers").index(index))
        }
        for (index, alias) in spec.items("hostAliases").enumerated() {
            warnings += IPText.addressWarnings(
                alias.text("ip"), path.child("hostAliases").index(index).child("ip"))
        }
        return Array(warnings.prefix(maximum))
    }

    // MARK: - Annotations

    private static let deprecations = [
        ("scheduler.alpha.kubernetes.io/critical-pod", "v1.16", "priorityClassName"),
        ("security.alpha.kubernetes.io/sysctls", "v1.11", "sysctls"),
        ("security.alpha.kubernetes.io/unsafe-sysctls", "v1.11", "sysctls"),
    ]

    private static func deprecated(_ annotations: Value?, _ path: FieldPath) -> [String] {
        deprecations.filter { annotations?[$0.0] != nil }.map { key, version, field in
            "\(path.key(key)): non-functional in \(version)+; use the \"\(field)\" field instead"
        }
    }

    private static func seccomp(_ path: FieldPath) -> String {
        "\(path): non-functional in v1.27+; use the \"seccompProfile\" field instead"
    }

    private static func profiles(
        of container: Value, _ spec: Value, _ annotations: Value?, _ path: FieldPath, isTemplate: Bool
    ) -> [String] {
        guard let annotations = annotations?.object, !annotations.isEmpty else { return [] }
        var warnings: [String] = []
        let name = container.text("name")
        let key = "container.seccomp.security.alpha.kubernetes.io/" + name
        if annotations[key] != nil, container.at("securityContext", "seccompProfile") == nil {
            warnings.append(seccomp(path.key(key)))
        }
        let hasField = [container, spec].contains { $0.at("securityContext", "appArmorProfile") != nil }
        if isTemplate, !hasField, annotations[PodAnnotationValidation.appArmor + name] != nil {
            warnings.append(AppArmorAnnotations.warning(path.key(PodAnnotationValidation.appArmor + name)))
        }
        return warnings
    }

    // MARK: - Lists

    private static func doubles(_ spec: Value, _ path: FieldPath) -> [String] {
        var warnings: [String] = []
        var addresses: Set<String> = []
        for (index, alias) in spec.items("hostAliases").enumerated() {
            let address = alias.text("ip")
            if addresses.insert(address).inserted { continue }
            warnings.append(
                "\(path.child("hostAliases").index(index).child("ip")): duplicate ip \(address.goQuoted)")
        }
        var secrets: Set<String> = []
        let names = spec.items("imagePullSecrets").map { $0.text("name") }
        func place(_ index: Int) -> FieldPath { path.child("imagePullSecrets").index(index).child("name") }
        for (index, name) in names.enumerated() where !secrets.insert(name).inserted {
            warnings.append("\(place(index)): duplicate name \(name.goQuoted)")
        }
        for (index, name) in names.enumerated() where name.isEmpty {
            warnings.append("\(place(index)): invalid empty name \(name.goQuoted)")
        }
        return warnings
    }

    private static func hiddenVariables(_ container: Value, _ path: FieldPath) -> [String] {
        var warnings: [String] = []
        var names: Set<String> = []
        for (index, variable) in container.items("env").enumerated() {
            let name = variable.text("name")
            if names.insert(name).inserted { continue }
            // `PATH=$(PATH):/x` deliberately builds on the previous definition; `PATH=$(PATH)` does nothing.
            let value = variable.text("value")
            if variable["valueFrom"] == nil, value != "$(\(name))", value.refers(to: name) { continue }
            warnings.append(
                "\(path.index(index)): hides previous definition of \(name.goQuoted), "
                    + "which may be dropped when using apply")
        }
        return warnings
    }

    // MARK: - Amounts

    private static func fractions(_ list: Value?, _ path: FieldPath) -> [String] {
        ["memory", "ephemeral-storage"].flatMap { fraction($0, list, path) }
    }

    /// Bytes cannot be fractional.
    package static func fraction(_ name: String, _ list: Value?, _ path: FieldPath) -> [String] {
        guard let text = list?[name]?.string, Quantity.goMilliValue(of: text) % 1000 != 0, let amount = Quantity(text)
        else { return [] }
        return [
            "\(path.key(name)): fractional byte value \(amount.description.goQuoted) is invalid, must be an integer"
        ]
    }
}

extension String {
    /// Whether the text contains `$(name)`. A naive search would take quadratic time on repetitive texts, so only what
    /// is between `$(` and the next `)` is compared.
    fileprivate func refers(to name: String) -> Bool {
        if name.contains(")") || name.contains("$(") { return false }
        return split(separator: "$(", omittingEmptySubsequences: false).dropFirst().contains { part in
            part.utf8.starts(with: name.utf8) && part.utf8.dropFirst(name.utf8.count).first == UInt8(ascii: ")")
        }
    }
}
