import FairleadRules
package import FairleadModel

/// The rules for EndpointSlices. Reference: k8s.io/kubernetes `pkg/apis/discovery/validation`.
package enum EndpointSliceValidation {
    private static let types = ["IPv4", "IPv6", "FQDN"]
    private static let maximumEndpoints = 1000
    private static let maximumAddresses = 100
    private static let maximumPorts = 20_000
    private static let maximumHints = 8

    /// - Parameter known: addresses that the slice already had, which are not validated again.
    package static func errors(for slice: Value, known: Set<String>) -> [FieldError] {
        let type = slice.text("addressType")
        var errors: [FieldError] = []
        if type.isEmpty {
            errors.append(.required(FieldPath("addressType")))
        } else if !types.contains(type) {
            errors.append(.notSupported(FieldPath("addressType"), .string(type), supported: types))
        }
        errors += portErrors(slice.items("ports"), FieldPath("ports"))
        let endpoints = slice.items("endpoints")
        let path = FieldPath("endpoints")
        if endpoints.count > maximumEndpoints {
            errors.append(.tooMany(path, actual: endpoints.count, maximum: maximumEndpoints))
        } else {
            for (index, endpoint) in endpoints.enumerated() {
                errors += endpointErrors(endpoint, type: type, known: known, path.index(index))
            }
        }
        return errors
    }

    private static func endpointErrors(
        _ endpoint: Value, type: String, known: Set<String>, _ path: FieldPath
    ) -> [FieldError] {
        var errors: [FieldError] = []
        let addresses = endpoint.strings("addresses")
        let list = path.child("addresses")
        if addresses.isEmpty {
            errors.append(.required(list, "must contain at least 1 address"))
        } else if addresses.count > maximumAddresses {
            errors.append(.tooMany(list, actual: addresses.count, maximum: maximumAddresses))
        }
        for (index, text) in addresses.enumerated() where !known.contains(text) {
            errors += addressErrors(text, type: type, list, index)
        }
        if let node = endpoint["nodeName"]?.string { errors += FieldChecks.dnsSubdomain(node, path.child("nodeName")) }
        errors += FieldChecks.labels(endpoint["deprecatedTopology"], path.child("deprecatedTopology"))
        if let hostname = endpoint["hostname"]?.string {
            errors += FieldChecks.dnsLabel(hostname, path.child("hostname"))
        }
        let hints = endpoint["hints"] ?? .null
        let zones = hints.items("forZones")
        errors += hintErrors(zones, NameRules.labelValue, path.child("hints", "forZones"))
        if zones.count > maximumHints { return errors }
        errors += hintErrors(hints.items("forNodes"), NameRules.dns1123Subdomain, path.child("hints", "forNodes"))
        return errors
    }

    /// An address of the wrong family is reported at the list.
    private static func addressErrors(
        _ text: String, type: String, _ list: FieldPath, _ index: Int
    ) -> [FieldError] {
        let path = list.index(index)
        switch type {
        case "IPv4", "IPv6":
            let malformed = IPText.canonicalAddressErrors(text).map { FieldError.invalid(path, .string(text), $0) }
            if !malformed.isEmpty { return malformed }
            let isOther = IPAddress(text)?.family != type
            return (isOther ? [.invalid(list, .string(text), "must be an \(type) address")] : [])
                + IPText.specialAddressErrors(text, path)
        case "FQDN": return qualifiedErrors(text, path)
        default: return []
        }
    }

    private static func qualifiedErrors(_ text: String, _ path: FieldPath) -> [FieldError] {
        if text.isEmpty { return [.required(path)] }
        let name = text.hasSuffix(".") ? String(text.dropLast()) : text
        let malformed = NameRules.dns1123Subdomain(name)
        if !malformed.isEmpty { return FieldChecks.messages(malformed, value: name, path) }
        if !name.contains(".") {
            return [
                .invalid(path, .string(text), "should be a domain with at least two segments separated by dots")
            ]
        }
        return []
    }

    private static func hintErrors(
        _ hints: [Value], _ rule: (String) -> [String], _ path: FieldPath
    ) -> [FieldError] {
        if hints.count > maximumHints {
            return [.tooMany(path, actual: hints.count, maximum: maximumHints)]
        }
        var errors: [FieldError] = []
        var seen: Set<String> = []
        for (index, hint) in hints.enumerated() {
            let name = hint.text("name")
            let here = path.index(index).child("name")
            if !seen.insert(name).inserted { errors.append(.duplicate(here, .string(name))) }
            errors += FieldChecks.messages(rule(name), value: name, here)
        }
        return errors
    }

    private static func portErrors(_ ports: [Value], _ path: FieldPath) -> [FieldError] {
        if ports.count > maximumPorts {
            return [.tooMany(path, actual: ports.count, maximum: maximumPorts)]
        }
        var errors: [FieldError] = []
        var names: Set<String> = []
        for (index, port) in ports.enumerated() {
            let here = path.index(index)
            let name = port.text("name")
            if !name.isEmpty { errors += FieldChecks.dnsLabel(name, here.child("name")) }
            if !names.insert(name).inserted { errors.append(.duplicate(here.child("name"), .string(name))) }
            errors += ServicePortValidation.supportErrors(port.text("protocol"), here.child("protocol"))
            if let text = port["appProtocol"]?.string {
                errors += FieldChecks.qualifiedName(text, here.child("appProtocol"))
            }
        }
        return errors
    }
}
