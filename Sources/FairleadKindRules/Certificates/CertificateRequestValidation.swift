package import FairleadModel
import FairleadRules

/// The rules of CertificateSigningRequests that need nothing but the object.
///
/// Reference: k8s.io/kubernetes `pkg/apis/certificates/validation`.
package enum CertificateRequestValidation {
    /// Which part of the status an update may change.
    package enum Scope: Sendable { case approval, status }

    /// What the parsed texts in the object are like.
    package struct Contents: Sendable {
        /// nil if the request can be read.
        package var requestFault: String?
        /// nil if there is no certificate, or it can be read.
        package var certificateFault: String?

        package init(requestFault: String?, certificateFault: String?) {
            self.requestFault = requestFault
            self.certificateFault = certificateFault
        }
    }

    package static let approved = "Approved"
    package static let denied = "Denied"
    private static let failed = "Failed"

    /// - Parameter old: nil for a new object. What was wrong before may stay.
    package static func errors(for object: Value, old: Value?, _ contents: Contents) -> [FieldError] {
        let spec = object["spec"] ?? .null
        let path = FieldPath("spec")
        var errors: [FieldError] = []
        if let fault = contents.requestFault {
            errors.append(.invalid(path.child("request"), .string(spec.text("request")), fault))
        }
        if spec.isEmptyOrAbsent("usages") { errors.append(.required(path.child("usages"))) }
        // The spec never changes.
        if old == nil { errors += usages(spec.items("usages").map { $0.string ?? "" }, path.child("usages")) }
        errors += signerName(spec.text("signerName"), isNew: old == nil, path.child("signerName"))
        if let seconds = spec["expirationSeconds"]?.int, seconds < 600 {
            errors.append(
                .invalid(
                    path.child("expirationSeconds"), .int(seconds),
                    "may not specify a duration less than 600 seconds (10 minutes)"))
        }
        errors += conditions(object, old: old)
        if let fault = contents.certificateFault {
            errors.append(.invalid(FieldPath("status", "certificate"), "<certificate data>", fault))
        }
        return errors
    }

    private static func usages(_ names: [String], _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        var seen: Set<String> = []
        for (index, name) in names.enumerated() where !allUsages.contains(name) {
            errors.append(.notSupported(path.index(index), .string(name), supported: allUsages))
        }
        for (index, name) in names.enumerated() where !seen.insert(name).inserted {
            errors.append(.duplicate(path.index(index), .string(name)))
        }
        return errors
    }

    private static let allUsages = [
        "any", "cert sign", "client auth", "code signing", "content commitment", "crl sign", "data encipherment",
        "decipher only", "digital signature", "email protection", "encipher only", "ipsec end system", "ipsec tunnel",
        "ipsec user", "key agreement", "key encipherment", "microsoft sgc", "netscape sgc", "ocsp signing", "s/mime",
        "server auth", "signing", "timestamping",
    ]

    // MARK: - signer names

    private static func signerName(_ name: String, isNew: Bool, _ path: FieldPath) -> [FieldError] {
        if name == "kubernetes.io/legacy-unknown" {
            let why = "the legacy signerName is not allowed via this API version"
            return isNew ? [.invalid(path, .string(name), why)] : []
        }
        if name.isEmpty { return [.required(path)] }
        let segments = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard segments.count == 2 else {
            return [
                .invalid(
                    path, .string(name),
                    "must be a fully qualified domain and path of the form 'example.com/signer-name'")
            ]
        }
        var errors: [FieldError] = []
        if segments[0].utf8.count > longestDomain { errors.append(.tooLong(path, maximum: longestDomain)) }
        let labels = segments[0].split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        errors += faults(of: labels, in: segments[0], path, NameRules.dns1123Label)
        if labels.count < 2 {
            let why = "should be a domain with at least two segments separated by dots"
            errors.append(.invalid(path, .string(segments[0]), why))
        }
        let parts = segments[1].split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        errors += faults(of: parts, in: segments[1], path, NameRules.dns1123Subdomain)
        // A domain, a slash, and a label before another domain.
        let longest = longestDomain + 1 + 253 + 63 + 1
        if name.utf8.count > longest { errors.append(.tooLong(path, maximum: longest)) }
        return errors
    }

    private static let longestDomain = 253

    /// What is wrong with the first part that is wrong: the others would be no news.
    private static func faults(
        of parts: [String], in text: String, _ path: FieldPath, _ check: (String) -> [String]
    ) -> [FieldError] {
        for part in parts {
            let faults = check(part)
            guard faults.isEmpty else {
                return faults.map { .invalid(path, .string(text), "validating label \(part.goQuoted): \($0)") }
            }
        }
        return []
    }

    // MARK: - conditions

    private static func conditions(_ object: Value, old: Value?) -> [FieldError] {
        let path = FieldPath("status", "conditions")
        let before = old?.items("status", "conditions").map { $0.text("type") } ?? []
        let hadBoth = before.contains(approved) && before.contains(denied)
        let hadTwice = Set(before).count < before.count
        var errors: [FieldError] = []
        var seen: Set<String> = []
        for (index, condition) in object.items("status", "conditions").enumerated() {
            let here = path.index(index)
            let type = condition.text("type")
            if type.isEmpty, !before.contains("") { errors.append(.required(here.child("type"))) }
            let statuses = [approved, denied, failed].contains(type) ? ["True"] : ["False", "True", "Unknown"]
            let status = condition.text("status")
            if status.isEmpty {
                errors.append(.required(here.child("status")))
            } else if !statuses.contains(status) {
                errors.append(.notSupported(here.child("status"), .string(status), supported: statuses))
            }
            let opposite = type == approved ? denied : type == denied ? approved : nil
            if let opposite, seen.contains(opposite), !hadBoth {
                let why = "Approved and Denied conditions are mutually exclusive"
                errors.append(.invalid(here.child("type"), .string(type), why))
            }
            if !seen.insert(type).inserted, !hadTwice {
                errors.append(.duplicate(here.child("type"), .string(type)))
            }
        }
        return errors
    }

    /// What an update of a part of the status may not do.
    package static func changeErrors(for object: Value, old: Value, _ scope: Scope) -> [FieldError] {
        let path = FieldPath("status", "conditions")
        func instances(_ type: String, _ object: Value) -> [Value] {
            object.items("status", "conditions").filter { $0.text("type") == type }
        }
        var errors: [FieldError] = []
        for type in [approved, denied, failed] where instances(type, object).count < instances(type, old).count {
            errors.append(.forbidden(path, "updates may not remove a condition of type \(type.goQuoted)"))
        }
        if scope == .status {
            for type in [approved, denied] {
                let (new, previous) = (instances(type, object), instances(type, old))
                if new.count > previous.count {
                    errors.append(.forbidden(path, "updates may not add a condition of type \(type.goQuoted)"))
                } else if new.count == previous.count, new != previous {
                    errors.append(.forbidden(path, "updates may not modify a condition of type \(type.goQuoted)"))
                }
            }
        }
        let (new, previous) = (object["status"]?.text("certificate"), old["status"]?.text("certificate"))
        if new ?? "" != previous ?? "" {
            let here = FieldPath("status", "certificate")
            if scope == .approval {
                errors.append(.forbidden(here, "updates may not set certificate content"))
            } else if !(previous ?? "").isEmpty {
                errors.append(.forbidden(here, "updates may not modify existing certificate content"))
            }
        }
        return errors
    }
}
