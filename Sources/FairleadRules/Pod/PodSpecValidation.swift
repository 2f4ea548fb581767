package import FairleadModel

/// Every field error of a pod spec, in the order of ValidatePodSpec (k8s.io/kubernetes
/// `pkg/apis/core/validation/validation.go`).
package struct PodSpecValidation {
    package var allowsPrivileged: Bool

    package init(allowsPrivileged: Bool) { self.allowsPrivileged = allowsPrivileged }

    private static let spec = FieldPath("spec")

    /// The errors of a pod that is being created, which may not set what only subresources may.
    package func errors(ofNewPod pod: Value) -> [FieldError] {
        var errors = errors(ofPod: pod)
        let spec = pod["spec"] ?? .null
        if !spec.items("ephemeralContainers").isEmpty {
            errors.append(.forbidden(Self.spec.child("ephemeralContainers"), "cannot be set on create"))
        }
        if !spec.text("nodeName").isEmpty, !spec.items("schedulingGates").isEmpty {
            errors.append(
                .forbidden(Self.spec.child("nodeName"), "cannot be set until all schedulingGates have been cleared"))
        }
        return errors + PodAnnotationValidation.mismatches(pod.at("metadata", "annotations"), spec, Self.spec)
    }

    /// The errors of a pod: its annotations, its spec, and what is allowed in templates but not in pods.
    package func errors(ofPod pod: Value) -> [FieldError] {
        let spec = pod["spec"] ?? .null
        var errors = PodAnnotationValidation.errors(
            pod.at("metadata", "annotations"), spec, FieldPath("metadata", "annotations"))
        errors += self.errors(of: spec, Self.spec, pod: pod)
        if spec.text("serviceAccountName").isEmpty { errors += tokensWithoutAccount(spec) }
        for key in ["containers", "initContainers"] {
            for (index, container) in spec.items(key).enumerated() {
                errors += ContainerValidation.imageErrors(container, Self.spec.child(key).index(index))
            }
        }
        return errors
    }

    /// The errors of a pod template at `path` (`spec.template`).
    /// - Parameter claims: names of volumes that the controller adds to the pods (a StatefulSet's claim templates).
    package func errors(
        ofTemplate template: Value, _ path: FieldPath, claims: Set<String> = []
    ) -> [FieldError] {
        let annotations = template.at("metadata", "annotations")
        let spec = template["spec"] ?? .null
        var errors = FieldChecks.labels(template.at("metadata", "labels"), path.child("labels"))
        errors += FieldChecks.annotations(annotations, path.child("annotations"))
        errors += PodAnnotationValidation.errors(annotations, spec, path.child("annotations"))
        errors += self.errors(of: spec, path.child("spec"), claims: claims)
        errors += PodAnnotationValidation.mismatches(annotations, spec, path.child("spec"))
        if !spec.items("ephemeralContainers").isEmpty {
            errors.append(
                .forbidden(
                    path.child("spec", "ephemeralContainers"), "ephemeral containers not allowed in pod template"))
        }
        return errors
    }

    /// - Parameter pod: the pod that the spec belongs to; nil for a template.
    package func errors(
        of spec: Value, _ path: FieldPath, pod: Value? = nil, claims: Set<String> = []
    ) -> [FieldError] {
        var errors: [FieldError] = []
        var volumes = VolumeValidation(pod: pod).valid(spec.items("volumes"), path.child("volumes"), errors: &errors)
        for name in claims { volumes[name] = ["persistentVolumeClaim": ["claimName": .string(name)]] }
        errors += ResourceClaimValidation.errors(
            spec.items("resourceClaims"), pod: pod, path.child("resourceClaims"))
        let names = ResourceClaimValidation.names(spec.items("resourceClaims"))
        let containers = ContainerValidation(
            volumes: volumes, claims: names, allowsPrivileged: allowsPrivileged,
            gracePeriod: spec["terminationGracePeriodSeconds"]?.int ?? 30,
            restartPolicy: spec.text("restartPolicy"), usesHostUsers: spec["hostUsers"]?.bool ?? true)
        errors += containers.errors(ofContainers: spec.items("containers"), path.child("containers"))
        errors += containers.errors(
            ofInitContainers: spec.items("initContainers"), others: spec.items("containers"),
            path.child("initContainers"))
        errors += containers.errors(
            ofEphemeralContainers: spec.items("ephemeralContainers"),
            others: spec.items("containers") + spec.items("initContainers"), path.child("ephemeralContainers"))
        errors += PodResourcesValidation.errors(spec, claims: names, path.child("resources"))
        errors += HostValidation.ports(spec, isPod: pod != nil, path)
        errors += policy(spec, "restartPolicy", ["Always", "OnFailure", "Never"], path)
        errors += policy(spec, "dnsPolicy", ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"], path)
        errors += FieldChecks.labels(spec["nodeSelector"], path.child("nodeSelector"))
        errors += PodSecurityValidation.errors(ofPodSpec: spec, path.child("securityContext"))
        errors += AffinityValidation.errors(spec["affinity"], path.child("affinity"))
        errors += PodNetworkValidation.dnsConfig(spec, path.child("dnsConfig"))
        errors += gates(spec, path)
        errors += TopologySpreadValidation.errors(
            spec.items("topologySpreadConstraints"), path.child("topologySpreadConstraints"))
        errors += WindowsValidation.hostProcess(spec, allowsPrivileged: allowsPrivileged, path)
        errors += HostValidation.users(spec, path)
        errors += PodNetworkValidation.hostname(spec, path.child("hostnameOverride"))
        errors += self.names(spec, path)
        errors += TolerationValidation.errors(spec.items("tolerations"), path.child("tolerations"))
        errors += PodNetworkValidation.hostAliases(spec.items("hostAliases"), path.child("hostAliases"))
        errors += classes(spec, path)
        errors += OperatingSystemValidation.errors(spec, path)
        return errors + EnvironmentValidation.fileVolumes(spec, path)
    }

    private func policy(_ spec: Value, _ name: String, _ allowed: [String], _ path: FieldPath) -> [FieldError] {
        let value = spec.text(name)
        return value.isEmpty ? [.required(path.child(name))] : FieldChecks.oneOf(value, allowed, path.child(name))
    }

    private func tokensWithoutAccount(_ spec: Value) -> [FieldError] {
        var errors: [FieldError] = []
        for (index, volume) in spec.items("volumes").enumerated() {
            let sources = Self.spec.child("volumes").index(index).child("projected", "sources")
            for (position, source) in (volume["projected"]?.items("sources") ?? []).enumerated()
            where source["serviceAccountToken"] != nil {
                errors.append(
                    .forbidden(
                        sources.index(position).child("serviceAccountToken"),
                        "must not be specified when serviceAccountName is not set"))
            }
        }
        return errors
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
            errors +=
                policy.isEmpty
                ? [.required(path.child("preemptionPolicy"))]
                : FieldChecks.oneOf(policy, ["PreemptLowerPriority", "Never"], path.child("preemptionPolicy"))
        }
        if let overhead = spec["overhead"] {
            errors += ResourceRequirementsValidation().errors(["limits": overhead], path.child("overhead"))
        }
        return errors
    }
}

extension Value {
    /// Every container of a pod spec with its path, in the order in which Kubernetes visits them.
    func allContainers(_ path: FieldPath) -> [(container: Value, path: FieldPath)] {
        ["initContainers", "containers", "ephemeralContainers"].flatMap { key in
            items(key).enumerated().map { ($0.element, path.child(key).index($0.offset)) }
        }
    }
}

extension String {
    var hasSurroundingWhitespace: Bool { (first?.isWhitespace ?? false) || (last?.isWhitespace ?? false) }
}
