package import FairleadModel

/// Every field error of a pod spec, in the order of ValidatePodSpec (k8s.io/kubernetes
/// `pkg/apis/core/validation/validation.go`).
package struct PodSpecValidation {
    package var allowsPrivileged: Bool

    package init(allowsPrivileged: Bool) { self.allowsPrivileged = allowsPrivileged }

    /// The errors of a pod: those of its spec, and those that templates may have but pods may not.
    package func errors(ofPod pod: Value) -> [FieldError] {
        let spec = pod["spec"] ?? .null
        let path = FieldPath("spec")
        var errors = errors(of: spec, path)
        for key in ["containers", "initContainers"] {
            for (index, container) in spec.items(key).enumerated() {
                let image = container.text("image")
                guard image.hasSurroundingWhitespace else { continue }
                errors.append(
                    .invalid(
                        path.child(key).index(index).child("image"), .string(image),
                        "must not have leading or trailing whitespace"))
            }
        }
        return errors
    }

    /// The errors of a pod template at `path` (`spec.template`).
    /// - Parameter claims: names of volumes that whoever makes the pods adds to them (a StatefulSet's claim templates).
    package func errors(
        ofTemplate template: Value, _ path: FieldPath, claims: Set<String> = []
    ) -> [FieldError] {
        var errors = FieldChecks.labels(template.at("metadata", "labels"), path.child("labels"))
        errors += FieldChecks.annotations(template.at("metadata", "annotations"), path.child("annotations"))
        let spec = template["spec"] ?? .null
        errors += self.errors(of: spec, path.child("spec"), claims: claims)
        if !spec.items("ephemeralContainers").isEmpty {
            errors.append(
                .forbidden(
                    path.child("spec", "ephemeralContainers"), "ephemeral containers not allowed in pod template"))
        }
        return errors
    }

    package func errors(of spec: Value, _ path: FieldPath, claims: Set<String> = []) -> [FieldError] {
        var errors: [FieldError] = []
        let volumes = VolumeValidation.validNames(
            spec.items("volumes"), path.child("volumes"), errors: &errors
        ).union(claims)
        let containers = ContainerValidation(
            volumes: volumes, allowsPrivileged: allowsPrivileged,
            gracePeriod: spec["terminationGracePeriodSeconds"]?.int ?? 30)
        errors += containers.errors(ofContainers: spec.items("containers"), path.child("containers"))
        errors += containers.errors(
            ofInitContainers: spec.items("initContainers"), others: spec.items("containers"),
            path.child("initContainers"))
        errors += containers.errors(
            ofEphemeralContainers: spec.items("ephemeralContainers"),
            others: spec.items("containers") + spec.items("initContainers"), path.child("ephemeralContainers"))
        errors += ResourceRequirementsValidation.errors(spec["resources"], path.child("resources"))
        errors += PodSecurityValidation.hostPorts(spec, path)
        errors += policy(spec, "restartPolicy", ["Always", "OnFailure", "Never"], path)
        errors += policy(spec, "dnsPolicy", ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"], path)
        errors += FieldChecks.labels(spec["nodeSelector"], path.child("nodeSelector"))
        errors += PodSecurityValidation.errors(ofPodSpec: spec, path)
        errors += AffinityValidation.errors(spec["affinity"], path.child("affinity"))
        errors += PodNetworkValidation.dnsConfig(spec, path.child("dnsConfig"))
        errors += gates(spec, path)
        errors += TopologySpreadValidation.errors(
            spec.items("topologySpreadConstraints"), path.child("topologySpreadConstraints"))
        errors += names(spec, path)
        errors += TolerationValidation.errors(spec.items("tolerations"), path.child("tolerations"))
        errors += PodNetworkValidation.hostAliases(spec.items("hostAliases"), path.child("hostAliases"))
        errors += classes(spec, path)
        return errors
    }

    private func policy(_ spec: Value, _ name: String, _ allowed: [String], _ path: FieldPath) -> [FieldError] {
        let value = spec.text(name)
        return value.isEmpty ? [.required(path.child(name))] : FieldChecks.oneOf(value, allowed, path.child(name))
    }

    private func gates(_ spec: Value, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        for (index, gate) in spec.items("readinessGates").enumerated() {
            errors += FieldChecks.qualifiedName(
                gate.text("conditionType"), path.child("readinessGates").index(index).child("conditionType"))
        }
        var seen: Set<String> = []
        for (index, gate) in spec.items("schedulingGates").enumerated() {
            let here = path.child("schedulingGates").index(index)
            let name = gate.text("name")
            errors += FieldChecks.qualifiedName(name, here)
            if !seen.insert(name).inserted { errors.append(.duplicate(here, .string(name))) }
        }
        return errors
    }

    private func names(_ spec: Value, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        for field in ["serviceAccountName", "nodeName"] where !spec.text(field).isEmpty {
            errors += FieldChecks.dnsSubdomain(spec.text(field), path.child(field))
        }
        errors += FieldChecks.inRange(
            spec["activeDeadlineSeconds"], 1...2_147_483_647, path.child("activeDeadlineSeconds"))
        for field in ["hostname", "subdomain"] where !spec.text(field).isEmpty {
            errors += FieldChecks.dnsLabel(spec.text(field), path.child(field))
        }
        return errors
    }

    private func classes(_ spec: Value, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        for field in ["priorityClassName", "runtimeClassName"] {
            guard let name = spec[field]?.string, field == "runtimeClassName" || !name.isEmpty else { continue }
            errors += FieldChecks.dnsSubdomain(name, path.child(field))
        }
        if let policy = spec["preemptionPolicy"]?.string {
            errors += FieldChecks.oneOf(policy, ["PreemptLowerPriority", "Never"], path.child("preemptionPolicy"))
        }
        if let overhead = spec["overhead"] {
            errors += ResourceRequirementsValidation.errors(
                ["limits": overhead], path.child("overhead"), limitsAt: path.child("overhead"))
        }
        if let system = spec["os"] {
            let name = system.text("name")
            let here = path.child("os")
            if name.isEmpty {
                errors.append(.required(here.child("name"), "cannot be empty"))
            } else if !["linux", "windows"].contains(name) {
                errors.append(.notSupported(here, .string(name), supported: ["linux", "windows"]))
            }
        }
        return errors
    }
}

extension String {
    var hasSurroundingWhitespace: Bool { (first?.isWhitespace ?? false) || (last?.isWhitespace ?? false) }
}
