package import FairleadModel

/// Whether a terminated container is restarted: its own rules override its own policy, which overrides the pod's.
///
/// Reference: k8s.io/kubernetes `pkg/api/v1/pod/util.go` (ContainerShouldRestart).
package enum RestartPolicies {
    /// Whether the exit of a container may restart all containers.
    package static func mayRestartAll(_ spec: Value) -> Bool {
        (spec.items("initContainers") + spec.items("containers")).contains { container in
            container.items("restartPolicyRules").contains { $0.text("action") == "RestartAllContainers" }
        }
    }

    package static func restarts(_ container: Value, in spec: Value, exitCode: Int64) -> Bool {
        let own = container["restartPolicy"]?.string
        if own != nil, rule(of: container, for: exitCode) != nil { return true }
        switch own ?? spec.text("restartPolicy") {
        case "Never": return false
        case "OnFailure": return exitCode != 0
        default: return true
        }
    }

    /// The first rule that matches an exit code.
    package static func rule(of container: Value, for exitCode: Int64) -> Value? {
        container.items("restartPolicyRules").first { rule in
            let codes = rule["exitCodes"] ?? .null
            let isListed = codes.items("values").contains { $0.int == exitCode }
            switch codes.text("operator") {
            case "In": return isListed
            case "NotIn": return !isListed
            default: return false
            }
        }
    }
}
