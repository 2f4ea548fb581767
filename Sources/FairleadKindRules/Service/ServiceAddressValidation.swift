import FairleadRules
package import FairleadModel

/// The rules that relate `clusterIP`, `clusterIPs`, `ipFamilies` and `ipFamilyPolicy`. They are checked twice: before
/// allocation relies on them, and as part of validation.
package enum ServiceAddressValidation {
    package static func errors(for spec: ServiceSpec) -> [FieldError] {
        if spec.isExternalName { return [] }
        let path = FieldPath("spec", "clusterIPs")
        let list = spec.clusterIPs
        let shown = Value.array(list.map(Value.string))
        var errors: [FieldError] = []
        if spec.clusterIP.isEmpty {
            if !list.isEmpty {
                errors.append(.invalid(path, shown, "must be empty when `clusterIP` is not specified"))
            }
        } else if list.isEmpty {
            errors.append(.required(path))
        } else if list[0] != spec.clusterIP {
            errors.append(.invalid(path, shown, "first value must match `clusterIP`"))
        }
        errors += familyErrors(spec)

        var hasBadAddress = false
        for (index, text) in list.enumerated() {
            var found: [FieldError] = []
            if index == 0, text == ServiceSpec.none {
                if list.count > 1 {
                    found = [.invalid(path, shown, "'None' must be the first and only value")]
                }
            } else {
                found = IPText.addressErrors(text, path.index(index))
            }
            hasBadAddress = hasBadAddress || !found.isEmpty
            errors += found
        }
        if list.count > 2 { errors.append(.invalid(path, shown, "may only hold up to 2 values")) }
        // With invalid addresses, errors about families would only mislead.
        if hasBadAddress { return errors }

        let families = list.compactMap { IPAddress($0)?.family }
        if list.count > 1, Set(families).count < 2 {
            errors.append(.invalid(path, shown, "may specify no more than one IP for each IP family"))
        }
        if !spec.isHeadless {
            for (index, pair) in zip(families, spec.ipFamilies).enumerated() where pair.0 != pair.1 {
                guard [IPFamily.ipv4, IPFamily.ipv6].contains(pair.1) else { continue }
                errors.append(
                    .invalid(
                        path.index(index), .string(list[index]),
                        "expected an \(pair.1) value as indicated by `ipFamilies[\(index)]`"))
            }
        }
        return errors
    }

    private static func familyErrors(_ spec: ServiceSpec) -> [FieldError] {
        var errors: [FieldError] = []
        let path = FieldPath("spec", "ipFamilies")
        var seen: Set<String> = []
        for (index, family) in spec.ipFamilies.enumerated() {
            let here = path.index(index)
            if ![IPFamily.ipv4, IPFamily.ipv6].contains(family) {
                errors.append(.notSupported(here, .string(family), supported: [IPFamily.ipv4, IPFamily.ipv6]))
            }
            if !seen.insert(family).inserted { errors.append(.duplicate(here, .string(family))) }
        }
        let policies = [
            IPFamilyPolicy.singleStack, IPFamilyPolicy.preferDualStack, IPFamilyPolicy.requireDualStack,
        ]
        if let policy = spec.ipFamilyPolicy, !policies.contains(policy) {
            errors.append(
                .notSupported(FieldPath("spec", "ipFamilyPolicy"), .string(policy), supported: policies))
        }
        return errors
    }
}
