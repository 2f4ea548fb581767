import FairleadModel

/// The rules of containers of all three sorts.
struct ContainerValidation {
    /// The names of the volumes that can be mounted.
    var volumes: Set<String>
    var allowsPrivileged: Bool
    var gracePeriod: Int64

    /// A body has room for a million containers with nothing in them, and nobody reads on after so many errors.
    private static let maximumErrors = 10_000

    func errors(ofContainers containers: [Value], _ path: FieldPath) -> [FieldError] {
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
        }
        return errors + hostPortConflicts(containers, path)
    }

    /// Init containers: only those that restart always (sidecars) may have probes and a lifecycle.
    func errors(ofInitContainers containers: [Value], others: [Value], _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        var names = Set(others.map { $0.text("name") })
        for (index, container) in containers.enumerated() {
            let here = path.index(index)
            let isSidecar = container.text("restartPolicy") == "Always"
            errors += common(container, here)
            if !names.insert(container.text("name")).inserted {
                errors.append(.duplicate(here.child("name"), container["name"] ?? ""))
            }
            errors += hostPortConflicts([container], path, offset: index)
            if isSidecar {
                errors += ProbeValidation(gracePeriod: gracePeriod).errors(ofContainer: container, here)
                continue
            }
            for field in ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"]
            where container[field] != nil {
                errors.append(
                    .forbidden(here.child(field), "may not be set for init containers without restartPolicy=Always"))
            }
        }
        return errors
    }

    func errors(ofEphemeralContainers containers: [Value], others: [Value], _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        let targets = Set(others.map { $0.text("name") })
        var names = targets
        let fieldsNotAllowed = [
            "ports", "livenessProbe", "readinessProbe", "startupProbe", "lifecycle", "resizePolicy",
        ]
        for (index, container) in containers.enumerated() {
            let here = path.index(index)
            errors += common(container, here)
            if !names.insert(container.text("name")).inserted {
                errors.append(.duplicate(here.child("name"), container["name"] ?? ""))
            }
            let target = container.text("targetContainerName")
            if !target.isEmpty, !targets.contains(target) {
                errors.append(.notFound(here.child("targetContainerName"), .string(target)))
            }
            for field in fieldsNotAllowed where container[field] != nil {
                errors.append(.forbidden(here.child(field), "cannot be set for an Ephemeral Container"))
            }
        }
        return errors
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
        errors += choice(container, "terminationMessagePolicy", ["File", "FallbackToLogsOnError"], path)
        errors += ports(container.items("ports"), path.child("ports"))
        errors += EnvironmentValidation.variables(container.items("env"), path.child("env"))
        errors += EnvironmentValidation.sources(container.items("envFrom"), path.child("envFrom"))
        errors += VolumeMountValidation.errors(container, volumes: volumes, path)
        errors += choice(container, "imagePullPolicy", ["Always", "IfNotPresent", "Never"], path)
        errors += ResourceRequirementsValidation.errors(container["resources"], path.child("resources"))
        errors += PodSecurityValidation.errors(
            ofContainer: container["securityContext"], allowsPrivileged: allowsPrivileged,
            path.child("securityContext"))
        return errors
    }

    private func choice(
        _ container: Value, _ field: String, _ allowed: [String], _ path: FieldPath
    ) -> [FieldError] {
        let value = container.text(field)
        return value.isEmpty ? [.required(path.child(field))] : FieldChecks.oneOf(value, allowed, path.child(field))
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

    private func hostPortConflicts(_ containers: [Value], _ path: FieldPath, offset: Int = 0) -> [FieldError] {
        var errors: [FieldError] = []
        var taken: Set<String> = []
        for (index, container) in containers.enumerated() {
            for (position, port) in container.items("ports").enumerated() where port.number("hostPort") != 0 {
                let key = "\(port.text("protocol"))/\(port.text("hostIP"))/\(port.number("hostPort"))"
                if taken.insert(key).inserted { continue }
                let here = path.index(index + offset).child("ports").index(position)
                errors.append(.duplicate(here.child("hostPort"), .string(key)))
            }
        }
        return errors
    }
}
