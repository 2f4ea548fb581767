package import FairleadModel

/// The rules for node and pod affinity.
package enum AffinityValidation {
    private static let required = "requiredDuringSchedulingIgnoredDuringExecution"
    private static let preferred = "preferredDuringSchedulingIgnoredDuringExecution"

    package static func errors(_ affinity: Value?, _ path: FieldPath) -> [FieldError] {
        guard let affinity else { return [] }
        var errors: [FieldError] = []
        if let ofNode = affinity["nodeAffinity"] { errors += nodeAffinity(ofNode, path.child("nodeAffinity")) }
        for name in ["podAffinity", "podAntiAffinity"] {
            if let ofPod = affinity[name] { errors += podAffinity(ofPod, path.child(name)) }
        }
        return errors
    }

    private static func nodeAffinity(_ affinity: Value, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        if let selector = affinity[required] { errors += nodeSelector(selector, path.child(required)) }
        for (index, term) in affinity.items(preferred).enumerated() {
            let here = path.child(preferred).index(index)
            errors += weight(term, here)
            // Preferred terms may ask for values that no node can have.
            errors += nodeSelectorTerm(term["preference"] ?? .null, checksValues: false, here.child("preference"))
        }
        return errors
    }

    private static func weight(_ term: Value, _ path: FieldPath) -> [FieldError] {
        let weight = term.number("weight")
        return (1...100).contains(weight)
            ? [] : [.invalid(path.child("weight"), .int(weight), "must be in the range 1-100")]
    }

    package static func nodeSelector(_ selector: Value, _ path: FieldPath) -> [FieldError] {
        let terms = selector.items("nodeSelectorTerms")
        let here = path.child("nodeSelectorTerms")
        if terms.isEmpty { return [.required(here, "must have at least one node selector term")] }
        return terms.enumerated().flatMap { nodeSelectorTerm($0.element, checksValues: true, here.index($0.offset)) }
    }

    private static func nodeSelectorTerm(_ term: Value, checksValues: Bool, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        for (index, requirement) in term.items("matchExpressions").enumerated() {
            let here = path.child("matchExpressions").index(index)
            errors += expression(requirement, here)
            guard checksValues else { continue }
            for (position, value) in requirement.strings("values").enumerated() {
                errors += FieldChecks.messages(
                    NameRules.labelValue(value), value: value, here.child("values").index(position))
            }
        }
        for (index, requirement) in term.items("matchFields").enumerated() {
            errors += fieldRequirement(requirement, path.child("matchFields").index(index))
        }
        return errors
    }

    private static func expression(_ requirement: Value, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        let values = requirement.strings("values")
        switch requirement.text("operator") {
        case "In", "NotIn":
            if values.isEmpty {
                errors.append(.required(path.child("values"), "must be specified when `operator` is 'In' or 'NotIn'"))
            }
        case "Exists", "DoesNotExist":
            if !values.isEmpty {
                errors.append(
                    .forbidden(
                        path.child("values"),
                        "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"))
            }
        case "Gt", "Lt":
            if values.count != 1 {
                errors.append(
                    .required(path.child("values"), "must be specified single value when `operator` is 'Lt' or 'Gt'"))
            }
        case let other:
            errors.append(.invalid(path.child("operator"), .string(other), "not a valid selector operator"))
        }
        return errors + FieldChecks.qualifiedName(requirement.text("key"), path.child("key"))
    }

    private static func fieldRequirement(_ requirement: Value, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        let values = requirement.strings("values")
        let comparison = requirement.text("operator")
        if !["In", "NotIn"].contains(comparison) {
            errors.append(.invalid(path.child("operator"), .string(comparison), "not a valid selector operator"))
        } else if values.count != 1 {
            errors.append(
                .required(
                    path.child("values"),
                    "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"))
        }
        let key = requirement.text("key")
        guard key == "metadata.name" else {
            return errors + [.invalid(path.child("key"), .string(key), "not a valid field selector key")]
        }
        for (index, value) in values.enumerated() {
            errors += FieldChecks.dnsSubdomain(value, path.child("values").index(index))
        }
        return errors
    }

    private static func podAffinity(_ affinity: Value, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        for (index, term) in affinity.items(required).enumerated() {
            errors += podAffinityTerm(term, path.child(required).index(index))
        }
        for (index, term) in affinity.items(preferred).enumerated() {
            let here = path.child(preferred).index(index)
            errors += weight(term, here)
            errors += podAffinityTerm(term["podAffinityTerm"] ?? .null, here.child("podAffinityTerm"))
        }
        return errors
    }

    private static func podAffinityTerm(_ term: Value, _ path: FieldPath) -> [FieldError] {
        var errors = FieldChecks.labelSelector(term["labelSelector"], path.child("labelSelector"))
        errors += FieldChecks.labelSelector(term["namespaceSelector"], path.child("namespaceSelector"))
        for namespace in term.strings("namespaces") {
            errors += FieldChecks.dnsLabel(namespace, path.child("namespace"))
        }
        errors += MatchLabelKeysValidation.errors(
            match: term.strings("matchLabelKeys"), mismatch: term.strings("mismatchLabelKeys"),
            selector: term["labelSelector"], path)
        let key = term.text("topologyKey")
        if key.isEmpty {
            errors.append(.required(path.child("topologyKey"), "can not be empty"))
        }
        return errors + FieldChecks.qualifiedName(key, path.child("topologyKey"))
    }
}

/// The rules for topology spread constraints.
enum TopologySpreadValidation {
    private static func minDomains(_ constraint: Value, action: String, _ path: FieldPath) -> [FieldError] {
        guard let domains = constraint["minDomains"]?.int else { return [] }
        var errors: [FieldError] = []
        if domains <= 0 { errors.append(.invalid(path, .int(domains), "must be greater than zero")) }
        if action != "DoNotSchedule" {
            errors.append(
                .invalid(
                    path, .int(domains), "can only use minDomains if whenUnsatisfiable=DoNotSchedule, not \(action)"))
        }
        return errors
    }

    package static func errors(_ constraints: [Value], _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        let kinds = constraints.map { "{\($0.text("topologyKey")), \($0.text("whenUnsatisfiable"))}" }
        var lastPlaces: [String: Int] = [:]
        for (index, kind) in kinds.enumerated() { lastPlaces[kind] = index }
        for (index, constraint) in constraints.enumerated() {
            let here = path.index(index)
            let skew = constraint.number("maxSkew")
            if skew <= 0 { errors.append(.invalid(here.child("maxSkew"), .int(skew), "must be greater than zero")) }
            if constraint.text("topologyKey").isEmpty {
                errors.append(.required(here.child("topologyKey"), "can not be empty"))
            }
            let action = constraint.text("whenUnsatisfiable")
            let actions = ["DoNotSchedule", "ScheduleAnyway"]
            if !actions.contains(action) {
                errors.append(
                    .notSupported(here.child("whenUnsatisfiable"), .string(action), supported: actions))
            }
            // A constraint that is repeated later is reported at the earlier occurrence.
            if let last = lastPlaces[kinds[index]], last > index {
                errors.append(
                    .duplicate(here.child("{topologyKey, whenUnsatisfiable}"), .string(kinds[index])))
            }
            errors += minDomains(constraint, action: action, here.child("minDomains"))
            for field in ["nodeAffinityPolicy", "nodeTaintsPolicy"] {
                guard let policy = constraint[field]?.string, !["Honor", "Ignore"].contains(policy) else { continue }
                errors.append(
                    .notSupported(here.child(field), .string(policy), supported: ["Honor", "Ignore"]))
            }
            errors += MatchLabelKeysValidation.errors(
                match: constraint.strings("matchLabelKeys"), mismatch: [], selector: constraint["labelSelector"], here)
            errors += FieldChecks.labelSelector(constraint["labelSelector"], here.child("labelSelector"))
        }
        return errors
    }
}

/// The rules for `matchLabelKeys` and `mismatchLabelKeys`, whose values come from the pod's own labels.
private enum MatchLabelKeysValidation {
    package static func errors(
        match: [String], mismatch: [String], selector: Value?, _ path: FieldPath
    ) -> [FieldError] {
        var errors: [FieldError] = []
        for (field, keys) in [("matchLabelKeys", match), ("mismatchLabelKeys", mismatch)] where !keys.isEmpty {
            let here = path.child(field)
            guard selector != nil else {
                errors.append(.forbidden(here, "must not be specified when labelSelector is not set"))
                continue
            }
            for (index, key) in keys.enumerated() { errors += FieldChecks.qualifiedName(key, here.index(index)) }
        }
        // The selector of a pod already contains the merged keys, so only a key that occurs in it twice is the user's.
        if let selector {
            var places: [String: Int] = [:]
            for (index, key) in match.enumerated() { places[key] = index }
            var seen = Set(selector.entries("matchLabels").map(\.key))
            for key in selector.items("matchExpressions").map({ $0.text("key") }) {
                if seen.insert(key).inserted { continue }
                guard let place = places[key] else { continue }
                errors.append(
                    .invalid(path.index(place), .string(key), "exists in both matchLabelKeys and labelSelector"))
            }
        }
        let others = Set(mismatch)
        for (index, key) in match.enumerated() where others.contains(key) {
            errors.append(
                .invalid(
                    path.child("matchLabelKeys").index(index), .string(key),
                    "exists in both matchLabelKeys and mismatchLabelKeys"))
        }
        return errors
    }
}
