import FairleadRules
package import FairleadModel

/// The rules for APIServices, which are named after the group version that they serve.
///
/// Reference: k8s.io/kube-aggregator `pkg/apis/apiregistration/validation`.
package enum APIServiceValidation {
    private static let spec = FieldPath("spec")

    package static func errors(for service: Value) -> [FieldError] {
        let group = service.at("spec", "group")?.string ?? ""
        let version = service.at("spec", "version")?.string ?? ""
        let wanted = "\(version).\(group)"
        var errors: [FieldError] = []
        // A name that is not a valid path segment already has an error.
        if !service.name.isEmpty, service.name != wanted, NameRules.pathSegment(service.name).isEmpty {
            errors.append(
                .invalid(
                    FieldPath("metadata", "name"), .string(service.name),
                    "must be `spec.version+\".\"+spec.group`: \(wanted.goQuoted)"))
        }
        if !group.isEmpty {
            errors += FieldChecks.dnsSubdomain(group, spec.child("group"))
        } else if version != "v1" {
            errors.append(
                .required(
                    spec.child("group"), "only v1 may have an empty group and it better be legacy kube"))
        }
        errors += FieldChecks.messages(NameRules.dns1035Label(version), value: version, spec.child("version"))
        errors += priority(service, "groupPriorityMinimum", 20_000)
        errors += priority(service, "versionPriority", 1000)
        let hasAuthority = !(service.at("spec", "caBundle")?.string ?? "").isEmpty
        let isInsecure = service.at("spec", "insecureSkipTLSVerify")?.bool ?? false
        guard let target = service.at("spec", "service") else {
            return errors + localErrors(service, hasAuthority: hasAuthority, isInsecure: isInsecure)
        }
        for field in ["namespace", "name"] where target.text(field).isEmpty {
            errors.append(.required(spec.child("service", field)))
        }
        let port = target["port"]?.int ?? 443
        if !(1...65535).contains(port) {
            errors.append(
                .invalid(
                    spec.child("service", "port"), .int(port),
                    "port is not valid: must be between 1 and 65535, inclusive"))
        }
        if isInsecure, hasAuthority {
            errors.append(
                .invalid(
                    spec.child("insecureSkipTLSVerify"), true, "may not be true if caBundle is present"))
        }
        return errors
    }

    private static func priority(_ service: Value, _ field: String, _ highest: Int64) -> [FieldError] {
        let number = service.at("spec", field)?.int ?? 0
        if (1...highest).contains(number) { return [] }
        return [.invalid(spec.child(field), .int(number), "must be positive and less than \(highest)")]
    }

    private static func localErrors(_ service: Value, hasAuthority: Bool, isInsecure: Bool) -> [FieldError] {
        var errors: [FieldError] = []
        if hasAuthority {
            let bundle = service.at("spec", "caBundle")?.string ?? ""
            let padding = bundle.utf8.reversed().prefix { $0 == UInt8(ascii: "=") }.count
            errors.append(
                .invalid(
                    spec.child("caBundle"), .string("\(bundle.utf8.count / 4 * 3 - padding) bytes"),
                    "local APIServices may not have a caBundle"))
        }
        if isInsecure {
            errors.append(
                .invalid(
                    spec.child("insecureSkipTLSVerify"), true,
                    "local APIServices may not have insecureSkipTLSVerify"))
        }
        return errors
    }

    package static func statusErrors(for service: Value) -> [FieldError] {
        var errors: [FieldError] = []
        for (index, condition) in service.items("status", "conditions").enumerated() {
            errors += FieldChecks.oneOf(
                condition.text("status"), ["True", "False", "Unknown"],
                FieldPath("status", "conditions").index(index).child("status"))
        }
        return errors
    }
}
