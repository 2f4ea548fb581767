import FairleadRules
package import FairleadModel

/// The rules for Ingresses.
///
/// Reference: k8s.io/kubernetes `pkg/apis/networking/validation`.
package enum IngressValidation {
    package static let classAnnotation = "kubernetes.io/ingress.class"
    private static let spec = FieldPath("spec")

    /// What an existing Ingress may keep although a new one may not have it.
    private struct Tolerance {
        var badSecretNames = false
        var badRulesOfWildcards = false
    }

    package static func errors(for ingress: Value) -> [FieldError] {
        var errors = self.errors(of: ingress["spec"] ?? .null, Tolerance())
        // On creation the annotation and the field must agree; updates are not checked.
        if let annotation = ingress.at("metadata", "annotations", classAnnotation)?.string,
            let name = ingress.at("spec", "ingressClassName")?.string, name != annotation
        {
            errors.append(
                .invalid(
                    FieldPath("annotations", classAnnotation), .string(annotation),
                    "must match `ingressClassName` when both are specified"))
        }
        return errors
    }

    package static func errors(for ingress: Value, old: Value) -> [FieldError] {
        let before = old["spec"] ?? .null
        var tolerance = Tolerance()
        tolerance.badSecretNames = before.items("tls").contains { !secretNameErrors($0, .root).isEmpty }
        tolerance.badRulesOfWildcards = before.items("rules").contains { rule in
            rule.text("host").contains("*") && !http(rule["http"], .root).isEmpty
        }
        return errors(of: ingress["spec"] ?? .null, tolerance)
    }

    package static func statusErrors(for ingress: Value, old: Value) -> [FieldError] {
        let path = FieldPath("status", "loadBalancer", "ingress")
        let known = Set(old.items("status", "loadBalancer", "ingress").map { $0.text("ip") })
        var errors: [FieldError] = []
        for (index, entry) in ingress.items("status", "loadBalancer", "ingress").enumerated() {
            let here = path.index(index)
            let address = entry.text("ip")
            if !address.isEmpty, !known.contains(address) {
                errors += IPText.addressErrors(address, here.child("ip"))
            }
            let host = entry.text("hostname")
            guard !host.isEmpty else { continue }
            errors += FieldChecks.dnsSubdomain(host, here.child("hostname"))
            errors += notAnAddress(host, here.child("hostname"))
        }
        return errors
    }

    private static func errors(of value: Value, _ tolerance: Tolerance) -> [FieldError] {
        var errors: [FieldError] = []
        let rules = value.items("rules")
        if rules.isEmpty, value["defaultBackend"] == nil {
            errors.append(
                .invalid(spec, value["rules"] ?? .null, "either `defaultBackend` or `rules` must be specified"))
        }
        if let backend = value["defaultBackend"] { errors += self.backend(backend, spec.child("defaultBackend")) }
        for (index, rule) in rules.enumerated() {
            errors += self.rule(rule, tolerance, spec.child("rules").index(index))
        }
        for (index, part) in value.items("tls").enumerated() {
            errors += tls(part, tolerance, spec.child("tls").index(index))
        }
        if let name = value["ingressClassName"]?.string {
            errors += FieldChecks.dnsSubdomain(name, spec.child("ingressClassName"))
        }
        return errors
    }

    private static func rule(_ rule: Value, _ tolerance: Tolerance, _ path: FieldPath) -> [FieldError] {
        let host = rule.text("host")
        var errors: [FieldError] = []
        if !host.isEmpty {
            errors += notAnAddress(host, path.child("host"))
            errors += self.host(host, path.child("host"))
        }
        if host.contains("*"), tolerance.badRulesOfWildcards { return errors }
        return errors + http(rule["http"], path.child("http"))
    }

    private static func host(_ host: String, _ path: @autoclosure () -> FieldPath) -> [FieldError] {
        guard host.contains("*") else { return FieldChecks.dnsSubdomain(host, path()) }
        return FieldChecks.messages(NameRules.wildcardDNS1123Subdomain(host), value: host, path())
    }

    private static func notAnAddress(_ host: String, _ path: @autoclosure () -> FieldPath) -> [FieldError] {
        if IPText.sloppy(host) == nil { return [] }
        return [.invalid(path(), .string(host), "must be a DNS name, not an IP address")]
    }

    private static func tls(_ part: Value, _ tolerance: Tolerance, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        for (index, host) in part.strings("hosts").enumerated() {
            errors += self.host(host, path.child("hosts").index(index))
        }
        return tolerance.badSecretNames ? errors : errors + secretNameErrors(part, path.child("secretName"))
    }

    private static func secretNameErrors(_ part: Value, _ path: FieldPath) -> [FieldError] {
        let name = part.text("secretName")
        return name.isEmpty ? [] : FieldChecks.dnsSubdomain(name, path)
    }

    private static func http(_ value: Value?, _ path: FieldPath) -> [FieldError] {
        guard let value else { return [] }
        let paths = value.items("paths")
        if paths.isEmpty { return [.required(path.child("paths"))] }
        return paths.enumerated().flatMap { self.path($0.element, path.child("paths").index($0.offset)) }
    }

    private static func path(_ value: Value, _ path: FieldPath) -> [FieldError] {
        guard let type = value["pathType"]?.string else {
            return [.required(path.child("pathType"), "pathType must be specified")]
        }
        let text = value.text("path")
        let errors: [FieldError]
        switch type {
        case "Exact", "Prefix": errors = pathErrors(text, path.child("path"))
        case "ImplementationSpecific": errors = text.isEmpty ? [] : absolute(text, path.child("path"))
        default:
            errors = [
                .notSupported(
                    path.child("pathType"), .string(type), supported: ["Exact", "ImplementationSpecific", "Prefix"])
            ]
        }
        return errors + backend(value["backend"] ?? .null, path.child("backend"))
    }

    private static func absolute(_ text: String, _ path: FieldPath) -> [FieldError] {
        text.hasPrefix("/") ? [] : [.invalid(path, .string(text), "must be an absolute path")]
    }

    private static func pathErrors(_ text: String, _ path: FieldPath) -> [FieldError] {
        var errors = absolute(text, path)
        for part in ["//", "/./", "/../", "%2f", "%2F"] where text.contains(part) {
            errors.append(.invalid(path, .string(text), "must not contain '\(part)'"))
        }
        for end in ["/..", "/."] where text.hasSuffix(end) {
            errors.append(.invalid(path, .string(text), "cannot end with '\(end)'"))
        }
        return errors
    }

    private static func backend(_ backend: Value, _ path: FieldPath) -> [FieldError] {
        switch (backend["resource"], backend["service"]) {
        case (.some, .some): return [.invalid(path, "", "cannot set both resource and service backends")]
        case (let resource?, nil): return IngressClassValidation.reference(resource, path.child("resource"))
        case (nil, let service?): return self.service(service, path)
        case (nil, nil): return [.invalid(path, "", "resource or service backend is required")]
        }
    }

    /// Errors about the port as a whole are reported at the backend.
    private static func service(_ service: Value, _ path: FieldPath) -> [FieldError] {
        let here = path.child("service")
        let name = service.text("name")
        var errors: [FieldError] =
            name.isEmpty ? [.required(here.child("name"))] : FieldChecks.dnsLabel(name, here.child("name"))
        let portName = service.at("port", "name")?.string ?? ""
        let number = service.at("port", "number")?.int ?? 0
        switch (portName.isEmpty, number == 0) {
        case (false, false): errors.append(.invalid(path, "", "cannot set both port name & port number"))
        case (false, true):
            errors += FieldChecks.messages(
                NameRules.portName(portName), value: portName, here.child("port", "name"))
        case (true, false): errors += FieldChecks.port(.int(number), here.child("port", "number"))
        case (true, true): errors.append(.required(path, "port name or number is required"))
        }
        return errors
    }
}
