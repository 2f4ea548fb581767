import FairleadModel

/// The rules for what a pod shares with its host.
enum HostValidation {
    /// On the host's network, container ports are host ports.
    static func ports(_ spec: Value, isPod: Bool, _ path: FieldPath) -> [FieldError] {
        guard spec.flag("hostNetwork") else { return [] }
        var errors: [FieldError] = []
        for (index, container) in spec.items("containers").enumerated() {
            for (position, port) in container.items("ports").enumerated() {
                // Zero is fine in a template: the host port is set when the pod is created.
                let hostPort = port.number("hostPort")
                guard isPod || hostPort != 0, hostPort != port.number("containerPort") else { continue }
                errors.append(
                    .invalid(
                        path.child("containers").index(index).child("ports").index(position).child("hostPort"),
                        .int(hostPort), "must match `containerPort` when `hostNetwork` is true"))
            }
        }
        return errors
    }

    /// A user namespace of its own excludes host namespaces and block devices. (The capitals are Kubernetes'.)
    static func users(_ spec: Value, _ path: FieldPath) -> [FieldError] {
        guard spec["hostUsers"]?.bool == false else { return [] }
        let word = "when `hostUsers` is false"
        var errors: [FieldError] = []
        for (field, shown) in [("hostNetwork", "hostNetwork"), ("hostPID", "HostPID"), ("hostIPC", "HostIPC")]
        where spec.flag(field) {
            errors.append(.forbidden(path.child(shown), word))
        }
        for (container, here) in spec.allContainers(path) where !container.items("volumeDevices").isEmpty {
            errors.append(.forbidden(here.child("volumeDevices"), word))
        }
        return errors
    }
}
