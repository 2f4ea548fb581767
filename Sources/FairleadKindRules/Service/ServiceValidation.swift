import FairleadRules
package import FairleadModel

/// The rules for a Service's spec; all errors are reported at once, in Kubernetes' order.
///
/// Reference: k8s.io/kubernetes `pkg/apis/core/validation` (ValidateService).
package enum ServiceValidation {
    package static let path = FieldPath("spec")
    package static let onlyForLoadBalancers = "may only be used when `type` is 'LoadBalancer'"
    private static let types = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"]

    package static func errors(for service: Value) -> [FieldError] {
        let spec = ServiceSpec(of: service)
        var errors = topologyErrors(service)
        if spec.ports.isEmpty, !spec.isHeadless, !spec.isExternalName { errors.append(.required(path.child("ports"))) }
        errors += typeErrors(spec)
        errors += ServicePortValidation.errors(for: spec.ports)
        errors += FieldChecks.labels(spec.value["selector"], path.child("selector"))
        errors += affinityErrors(spec)
        errors += ServiceAddressValidation.errors(for: spec)
        for (index, text) in spec.externalIPs.enumerated() {
            let here = path.child("externalIPs").index(index)
            let malformed = IPText.addressErrors(text, here)
            errors += malformed.isEmpty ? IPText.specialAddressErrors(text, here) : malformed
        }
        if spec.type.isEmpty {
            errors.append(.required(path.child("type")))
        } else if !types.contains(spec.type) {
            errors.append(.notSupported(path.child("type"), .string(spec.type), supported: types))
        }
        errors += ServicePortValidation.conflicts(in: spec)
        errors += sourceRangeErrors(service, spec)
        if spec.value["allocateLoadBalancerNodePorts"] != nil, !spec.isLoadBalancer {
            errors.append(.forbidden(path.child("allocateLoadBalancerNodePorts"), onlyForLoadBalancers))
        }
        errors += loadBalancerClassErrors(spec, old: nil)
        errors += trafficErrors(spec)
        return errors
    }

    private static func topologyErrors(_ service: Value) -> [FieldError] {
        let mode = "service.kubernetes.io/topology-mode"
        let hints = "service.kubernetes.io/topology-aware-hints"
        let annotations = service.annotations
        guard let first = annotations[mode], let second = annotations[hints], first != second else { return [] }
        return [
            .invalid(
                FieldPath("metadata", "annotations").key(mode), .string(first),
                "must match annotations[\(hints)] when both are specified")
        ]
    }

    private static func typeErrors(_ spec: ServiceSpec) -> [FieldError] {
        var errors: [FieldError] = []
        if spec.mayHaveNodePorts, spec.isHeadless {
            errors.append(
                .invalid(
                    path.child("clusterIPs").index(0), .string(ServiceSpec.none),
                    "may not be set to 'None' for \(spec.type) services"))
        }
        guard spec.isExternalName else { return errors }
        for field in ["clusterIPs", "ipFamilies"] where !spec.value.isEmptyOrAbsent(field) {
            errors.append(.forbidden(path.child(field), "may not be set for ExternalName services"))
        }
        if spec.ipFamilyPolicy != nil {
            errors.append(.forbidden(path.child("ipFamilyPolicy"), "may not be set for ExternalName services"))
        }
        // A fully qualified name may end with a dot.
        var name = spec.value.text("externalName")
        if name.hasSuffix(".") { name.removeLast() }
        errors +=
            name.isEmpty
            ? [.required(path.child("externalName"))] : FieldChecks.dnsSubdomain(name, path.child("externalName"))
        return errors
    }

    private static func affinityErrors(_ spec: ServiceSpec) -> [FieldError] {
        let here = path.child("sessionAffinityConfig")
        switch spec.value.text("sessionAffinity") {
        case "": return [.required(path.child("sessionAffinity"))]
        case "None":
            if spec.value["sessionAffinityConfig"] == nil { return [] }
            return [.forbidden(here, "must not be set when session affinity is None")]
        case "ClientIP":
            guard let seconds = spec.value.at("sessionAffinityConfig", "clientIP", "timeoutSeconds")?.int else {
                return [
                    .required(here.child("clientIP", "timeoutSeconds"), "when session affinity type is ClientIP")
                ]
            }
            if (1...86_400).contains(seconds) { return [] }
            return [
                .invalid(
                    here.child("clientIP", "timeoutSeconds"), .int(seconds),
                    "must be greater than 0 and less than 86400")
            ]
        case let other:
            return [.notSupported(path.child("sessionAffinity"), .string(other), supported: ["ClientIP", "None"])]
        }
    }

    private static let rangesAnnotation = "service.beta.kubernetes.io/load-balancer-source-ranges"

    /// In errors, Kubernetes capitalises the name of this field.
    private static func sourceRangeErrors(_ service: Value, _ spec: ServiceSpec) -> [FieldError] {
        let ranges = spec.value.strings("loadBalancerSourceRanges")
        if !ranges.isEmpty {
            let here = path.child("LoadBalancerSourceRanges")
            var errors: [FieldError] = spec.isLoadBalancer ? [] : [.forbidden(here, onlyForLoadBalancers)]
            for (index, text) in ranges.enumerated() {
                errors += IPText.rangeErrors(trimmed(text), here.index(index))
            }
            return errors
        }
        guard let text = service.annotations[rangesAnnotation] else { return [] }
        let here = FieldPath("metadata", "annotations").key(rangesAnnotation)
        var errors: [FieldError] = spec.isLoadBalancer ? [] : [.forbidden(here, onlyForLoadBalancers)]
        if !trimmed(text).isEmpty {
            for part in text.split(separator: ",", omittingEmptySubsequences: false) {
                errors += IPText.rangeErrors(trimmed(String(part)), here)
            }
        }
        return errors
    }

    private static func trimmed(_ text: String) -> String {
        let head = text.drop(while: \.isWhitespace)
        guard let last = head.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(head[...last])
    }

    /// KEP-1959. On an update this is checked twice: with the immutable fields and with the spec as a whole.
    package static func loadBalancerClassErrors(_ spec: ServiceSpec, old: ServiceSpec?) -> [FieldError] {
        let here = path.child("loadBalancerClass")
        let name = spec.value["loadBalancerClass"]?.string
        var errors: [FieldError] = []
        if let old, old.isLoadBalancer, spec.isLoadBalancer, old.value["loadBalancerClass"]?.string != name {
            errors.append(.invalid(here, name.map(Value.string) ?? .null, "may not change once set"))
        }
        guard let name else { return errors }
        return errors
            + (spec.isLoadBalancer
                ? FieldChecks.qualifiedName(name, here) : [.forbidden(here, onlyForLoadBalancers)])
    }

    private static func trafficErrors(_ spec: ServiceSpec) -> [FieldError] {
        let policies = ["Cluster", "Local"]
        var errors: [FieldError] = []
        let external = path.child("externalTrafficPolicy")
        let policy = spec.value.text("externalTrafficPolicy")
        if !spec.isExternallyAccessible {
            if !policy.isEmpty {
                errors.append(
                    .invalid(external, .string(policy), "may only be set for externally-accessible services"))
            }
        } else if policy.isEmpty {
            errors.append(.required(external))
        } else if !policies.contains(policy) {
            errors.append(.notSupported(external, .string(policy), supported: policies))
        }
        errors += healthCheckErrors(spec)
        let internalPath = path.child("internalTrafficPolicy")
        if let inside = spec.value["internalTrafficPolicy"]?.string {
            if !policies.contains(inside) {
                errors.append(.notSupported(internalPath, .string(inside), supported: policies))
            }
        } else if spec.needsClusterIP {
            errors.append(.required(internalPath))
        }
        if let preference = spec.value["trafficDistribution"]?.string {
            errors += FieldChecks.oneOf(
                preference, ["PreferClose", "PreferSameZone", "PreferSameNode"], path.child("trafficDistribution"))
        }
        return errors
    }

    private static func healthCheckErrors(_ spec: ServiceSpec) -> [FieldError] {
        let here = path.child("healthCheckNodePort")
        let number = Int64(spec.healthCheckNodePort)
        if spec.needsHealthCheck {
            return number == 0 ? [.required(here)] : FieldChecks.port(.int(number), here)
        }
        if number == 0 { return [] }
        return [
            .invalid(
                here, .int(number),
                "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'")
        ]
    }
}
