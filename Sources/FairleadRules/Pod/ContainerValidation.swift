import FairleadModel

/// The rules for containers of all three types.
struct ContainerValidation {
    /// The volumes that can be mounted, by name.
    var volumes: [String: Value]
    /// The names of the pod's resource claims.
    var claims: Set<String>
    var allowsPrivileged: Bool
    var gracePeriod: Int64
    /// The pod's restart policy.
    var restartPolicy: String
    /// Whether the pod uses the host's user namespace.
    var usesHostUsers: Bool

    /// A request body has room for a million empty containers, and nobody reads that many errors.
    private static let maximumErrors = 10_000

    package func errors(ofContainers containers: [Value], _ path: FieldPath) -> [FieldError] {
        if containers.isEmpty { return [.required(path)] }
        var errors: [FieldError] = []
        var names: Set<String> = []
        for (index, container) in containers.enumerated() where errors.count < Self.maximumErrors {
            let here = path.index(index)
            errors += common(container, here)
            if !names.insert(container.text("name")).inserted {
                errors.append(.duplicate(here.child("name"), container["name"] ?? ""))
            }
            errors += ProbeValidation(gracePeriod: gracePeriod).errors(ofContainer: container, here)
            errors += RestartRuleValidation.errors(container, here)
        }
        return errors + hostPortConflicts(containers, path)
    }

    /// Init containers: only those that restart always (sidecars) may have probes and a lifecycle.
    package func errors(ofInitContainers containers: [Value], others: [Value], _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        var names = Set(others.map { $0.text("name") })
        for (index, container) in containers.enumerated() where errors.count < Self.maximumErrors {
            let here = path.index(index)
            let isSidecar = container.text("restartPolicy") == "Always"
            errors += common(container, here)
            errors += RestartRuleValidation.errorsOfInitContainer(container, here)
            if names.contains(container.text("name")) {
                errors.append(.duplicate(here.child("name"), container["name"] ?? ""))
            } else if !container.text("name").isEmpty {
                names.insert(container.text("name"))
            }
            errors += hostPortConflicts([container], path)
            if isSidecar {
                errors += ProbeValidation(gracePeriod: gracePeriod).errors(ofContainer: container, here)
                continue
            }
            for field in ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"]
            where container[field] != nil {
                errors.append(
                    .forbidden(here.child(field), "may not be set for init containers without restartPolicy=Always"))
            }
            errors += restartsOfInitContainer(container, here)
        }
        return errors
    }

    /// An init container that is not a sidecar cannot be restarted for a resize.
    private func restartsOfInitContainer(_ container: Value, _ path: FieldPath) -> [FieldError] {
        container.items("resizePolicy").enumerated().compactMap { index, policy in
            policy.text("restartPolicy") != "RestartContainer"
                ? nil
                : .invalid(
                    path.child("resizePolicy").index(index).child("restartPolicy"), "RestartContainer",
                    "must not be set to 'RestartContainer' for non-sidecar initContainers")
        }
    }

    /// Fields that ephemeral containers may not have, in the order of the internal type.
    private static let notEphemeral = [
        "ports", "resources", "resizePolicy", "restartPolicy", "restartPolicyRules", "livenessProbe",
        "readinessProbe", "startupProbe", "lifecycle",
    ]

    package func errors(ofEphemeralContainers containers: [Value], others: [Value], _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        let targets = Set(others.map { $0.text("name") })
        var names = targets
        for (index, container) in containers.enumerated() where errors.count < Self.maximumErrors {
            let here = path.index(index)
            errors += common(container, here)
            errors += Self.imageErrors(container, here)
            if !names.insert(container.text("name")).inserted {
                errors.append(.duplicate(here.child("name"), container["name"] ?? ""))
            }
            let target = container.text("targetContainerName")
            if !target.isEmpty, !targets.contains(target) {
                errors.append(.notFound(here.child("targetContainerName"), .string(target)))
            }
            let word = "cannot be set for an Ephemeral Container"
            for field in Self.notEphemeral where container[field] != nil {
                if field == "resources", container.isEmptyOrAbsent(field) { continue }
                errors.append(.forbidden(here.child(field), word))
            }
            for (position, mount) in container.items("volumeMounts").enumerated() {
                let place = here.child("volumeMounts").index(position)
                for field in ["subPath", "subPathExpr"] where !mount.text(field).isEmpty {
                    errors.append(.forbidden(place.child(field), word))
                }
            }
        }
        return errors
    }

    /// In templates the image may be a single space, which some controllers replace; in pods it may not.
    static func imageErrors(_ container: Value, _ path: FieldPath) -> [FieldError] {
        let image = container.text("image")
        return image.hasSurroundingWhitespace
            ? [.invalid(path.child("image"), .string(image), "must not have leading or trailing whitespace")] : []
    }

    private func common(_ container: Value, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        let name = container.text("name")
        if name.isEmpty {
            errors.append(.required(path.child("name")))
        } else {
            errors += FieldChecks.dnsLabel(name, path.child("name"))
        }
        if container.text("image").isEmpty { errors.append(.required(path.child("image"))) }
        errors += Self.choice(container, "terminationMessagePolicy", ["File", "FallbackToLogsOnError"], path)
        errors += ports(container.items("ports"), path.child("ports"))
        errors += EnvironmentValidation.variables(container.items("env"), path.child("env"))
        errors += EnvironmentValidation.sources(container.items("envFrom"), path.child("envFrom"))
        errors += VolumeMountValidation.errors(container, volumes: volumes, path)
        errors += Self.pullPolicy(container, path, "imagePullPolicy")
        errors += ResourceRequirementsValidation(claims: claims).errors(
            container["resources"], path.child("resources"))
        errors += resizePolicy(container.items("resizePolicy"), path.child("resizePolicy"))
        errors += PodSecurityValidation.errors(
            ofContainer: container["securityContext"], allowsPrivileged: allowsPrivileged,
            usesHostUsers: usesHostUsers, path.child("securityContext"))
        return errors
    }

    static func pullPolicy(_ owner: Value, _ path: FieldPath, _ field: String) -> [FieldError] {
        choice(owner, field, ["Always", "IfNotPresent", "Never"], path)
    }

    private static func choice(
        _ container: Value, _ field: String, _ allowed: [String], _ path: FieldPath
    ) -> [FieldError] {
        let value = container.text(field)
        return value.isEmpty ? [.required(path.child(field))] : FieldChecks.oneOf(value, allowed, path.child(field))
    }

    /// Kubernetes reports everything but duplicates at the list itself.
    private func resizePolicy(_ policies: [Value], _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        var seen: Set<String> = []
        for (index, policy) in policies.enumerated() {
            let resource = policy.text("resourceName")
            if !seen.insert(resource).inserted { errors.append(.duplicate(path.index(index), .string(resource))) }
            errors += resource.isEmpty ? [.required(path)] : FieldChecks.oneOf(resource, ["cpu", "memory"], path)
            let restart = policy.text("restartPolicy")
            errors +=
                restart.isEmpty
                ? [.required(path)] : FieldChecks.oneOf(restart, ["NotRequired", "RestartContainer"], path)
            if restartPolicy == "Never", restart != "NotRequired" {
                errors.append(
                    .invalid(
                        path, .string(restart), "must be 'NotRequired' when pod `restartPolicy` is 'Never'"))
            }
        }
        return errors
    }

    private func ports(_ ports: [Value], _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        var names: Set<String> = []
        for (index, port) in ports.enumerated() {
            let here = path.index(index)
            let name = port.text("name")
            if !name.isEmpty {
                let messages = NameRules.portName(name)
                errors += FieldChecks.messages(messages, value: name, here.child("name"))
                if messages.isEmpty, !names.insert(name).inserted {
                    errors.append(.duplicate(here.child("name"), .string(name)))
                }
            }
            if port.number("containerPort") == 0 {
                errors.append(.required(here.child("containerPort")))
            } else {
                errors += FieldChecks.port(port["containerPort"], here.child("containerPort"))
            }
            if port.number("hostPort") != 0 { errors += FieldChecks.port(port["hostPort"], here.child("hostPort")) }
            let transport = port.text("protocol")
            if transport.isEmpty {
                errors.append(.required(here.child("protocol")))
            } else if !["SCTP", "TCP", "UDP"].contains(transport) {
                errors.append(
                    .notSupported(here.child("protocol"), .string(transport), supported: ["SCTP", "TCP", "UDP"]))
            }
        }
        return errors
    }

    /// Init containers are checked one at a time, so Kubernetes reports index 0 for them.
    private func hostPortConflicts(_ containers: [Value], _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        var taken: Set<String> = []
        for (index, container) in containers.enumerated() {
            for (position, port) in container.items("ports").enumerated() where port.number("hostPort") != 0 {
                let key = "\(port.text("protocol"))/\(port.text("hostIP"))/\(port.number("hostPort"))"
                if taken.insert(key).inserted { continue }
                let here = path.index(index).child("ports").index(position)
                errors.append(.duplicate(here.child("hostPort"), .string(key)))
            }
        }
        return errors
    }
}
