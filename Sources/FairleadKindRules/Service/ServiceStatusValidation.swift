import FairleadRules
package import FairleadModel

/// The rules for `status.loadBalancer`. Conditions and the ports of an ingress are not validated.
package enum ServiceStatusValidation {
    package static func errors(for service: Value) -> [FieldError] {
        let list = service.at("status", "loadBalancer")?.items("ingress") ?? []
        let path = FieldPath("status", "loadBalancer", "ingress")
        if !ServiceSpec(of: service).isLoadBalancer {
            return list.isEmpty ? [] : [.forbidden(path, "may only be used when `spec.type` is 'LoadBalancer'")]
        }
        return list.enumerated().flatMap { errors(for: $0.element, path.index($0.offset)) }
    }

    private static func errors(for ingress: Value, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        let ip = ingress.text("ip")
        if !ip.isEmpty { errors += IPText.addressErrors(ip, path.child("ip")) }
        let mode = path.child("ipMode")
        switch ingress["ipMode"]?.string {
        case nil: if !ip.isEmpty { errors.append(.required(mode, "must be specified when `ip` is set")) }
        case _? where ip.isEmpty: errors.append(.forbidden(mode, "may not be specified when `ip` is not set"))
        case let text?:
            if !["Proxy", "VIP"].contains(text) {
                errors.append(.notSupported(mode, .string(text), supported: ["Proxy", "VIP"]))
            }
        }
        let hostname = ingress.text("hostname")
        if !hostname.isEmpty {
            errors += FieldChecks.dnsSubdomain(hostname, path.child("hostname"))
            if IPText.sloppy(hostname) != nil {
                errors.append(
                    .invalid(path.child("hostname"), .string(hostname), "must be a DNS name, not an IP address"))
            }
        }
        return errors
    }
}
