import FairleadRules
import FairleadModel

/// The rules of ResourceQuotas.
struct ResourceQuotaStrategy: ResourceStrategy {
    func prepareForCreate(_ object: inout Value, _ context: StrategyContext) {
        object["status"] = .object(Object())
    }

    func validate(_ object: Value, _ context: StrategyContext) -> [FieldError] {
        let spec = object["spec"] ?? .null
        var errors: [FieldError] = []
        for member in spec.entries("hard") {
            errors += QuotaResources.errors(member, FieldPath("spec", "hard").key(member.key))
        }
        errors += QuotaScopes.errors(spec, FieldPath("spec", "scopes"))
        if let selector = spec["scopeSelector"] {
            errors += QuotaScopes.errors(
                ofSelector: selector, spec, FieldPath("spec", "scopeSelector", "matchExpressions"))
        }
        return errors
    }

    func validateUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        let new = Set(object["spec"]?.strings("scopes") ?? [])
        let before = Set(old["spec"]?.strings("scopes") ?? [])
        let fixed: [FieldError] =
            new == before
            ? []
            : [
                .invalid(
                    FieldPath("spec", "scopes"), object.at("spec", "scopes") ?? .null, FieldChecks.immutable)
            ]
        return validate(object, context) + fixed
    }

    func validateStatusUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        ["hard", "used"].flatMap { field in
            (object["status"]?.entries(field) ?? []).flatMap {
                QuotaResources.errors($0, FieldPath("status", field).key($0.key))
            }
        }
    }
}

/// Which objects a quota counts.
enum QuotaScopes {
    private static let pods: Set<String> = ["pods"]
    private static let podsAndCompute: Set<String> = [
        "pods", "cpu", "memory", "limits.cpu", "limits.memory", "requests.cpu", "requests.memory",
    ]

    /// The existing scopes, and the standard resources that each applies to.
    private static let resources: [String: Set<String>] = [
        "Terminating": podsAndCompute, "NotTerminating": podsAndCompute, "BestEffort": pods,
        "NotBestEffort": podsAndCompute, "PriorityClass": podsAndCompute,
        "CrossNamespacePodAffinity": podsAndCompute,
        "VolumeAttributesClass": ["persistentvolumeclaims", "requests.storage"],
    ]

    private static let conflicting = [["BestEffort", "NotBestEffort"], ["Terminating", "NotTerminating"]]

    static func errors(_ spec: Value, _ path: FieldPath) -> [FieldError] {
        let scopes = spec.strings("scopes")
        let printed = spec["scopes"] ?? .null
        var counts = UnsupportedCounts(spec)
        var errors: [FieldError] = []
        for scope in scopes {
            if resources[scope] == nil { errors.append(.invalid(path, printed, "unsupported scope")) }
            let error = FieldError.invalid(path, printed, "unsupported scope applied to resource")
            errors += repeatElement(error, count: counts.take(scope))
        }
        return errors + conflicts(scopes, spec, path)
    }

    /// Kubernetes reports all errors of a selector without the requirement's index.
    static func errors(ofSelector selector: Value, _ spec: Value, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        var counts = UnsupportedCounts(spec)
        let requirements = selector.items("matchExpressions")
        for requirement in requirements {
            let scope = requirement.text("scopeName")
            if resources[scope] == nil {
                errors.append(.invalid(path.child("scopeName"), .string(scope), "unsupported scope"))
            }
            let error = FieldError.invalid(
                path, printed: InternalForm.text(of: selector, as: "ScopeSelector"),
                "unsupported scope applied to resource")
            errors += repeatElement(error, count: counts.take(scope))
            errors += operation(of: requirement, path)
        }
        return errors + conflicts(requirements.map { $0.text("scopeName") }, spec, path)
    }

    private static func operation(of requirement: Value, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        let comparison = requirement.text("operator")
        let here = path.child("operator")
        let classes = ["PriorityClass", "VolumeAttributesClass"]
        let scope = requirement.text("scopeName")
        if resources[scope] != nil, !classes.contains(scope), comparison != "Exists" {
            errors.append(
                .invalid(
                    here, .string(comparison),
                    "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, "
                        + "ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, "
                        + "ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity"))
        }
        let values = requirement.items("values")
        switch comparison {
        case "In", "NotIn":
            if values.isEmpty {
                errors.append(
                    .required(
                        path.child("values"),
                        "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"))
            }
        case "Exists", "DoesNotExist":
            if !values.isEmpty {
                errors.append(
                    .invalid(
                        path.child("values"), .array(values),
                        "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector"))
            }
        default: errors.append(.invalid(here, .string(comparison), "not a valid selector operator"))
        }
        return errors
    }

    /// How many standard resources in the quota a scope does not apply to. Each is an error for every time the scope is
    /// named; the total is capped.
    private struct UnsupportedCounts {
        private let standard: [String]
        private var known: [String: Int] = [:]
        private var left = 10_000

        init(_ spec: Value) { standard = spec.entries("hard").map(\.key).filter(QuotaResources.isStandard) }

        mutating func take(_ scope: String) -> Int {
            guard let allowed = QuotaScopes.resources[scope] else { return 0 }
            let count = known[scope] ?? standard.count { !allowed.contains($0) }
            known[scope] = count
            let taken = min(count, left)
            left -= taken
            return taken
        }
    }

    /// The error shows the scopes of the spec, even if the conflict is in the selector.
    private static func conflicts(_ scopes: [String], _ spec: Value, _ path: FieldPath) -> [FieldError] {
        conflicting.filter { $0.allSatisfy(scopes.contains) }
            .map { _ in .invalid(path, spec["scopes"] ?? .null, "conflicting scopes") }
    }
}

/// The resources that a quota can limit.
enum QuotaResources {
    private static let counted: Set<String> = [
        "pods", "services", "replicationcontrollers", "resourcequotas", "secrets", "configmaps",
        "persistentvolumeclaims", "services.nodeports", "services.loadbalancers",
    ]
    private static let measured: Set<String> = [
        "cpu", "memory", "ephemeral-storage", "requests.cpu", "requests.memory", "requests.storage",
        "requests.ephemeral-storage", "limits.cpu", "limits.memory", "limits.ephemeral-storage",
    ]

    /// Whether the resource is one of Kubernetes' own.
    static func isStandard(_ name: String) -> Bool {
        counted.contains(name) || measured.contains(name) || name.hasPrefix("hugepages-")
            || name.hasPrefix("requests.hugepages-")
    }

    /// Whether the resource is outside Kubernetes' own domains and therefore counted in whole numbers.
    private static func isExtended(_ name: String) -> Bool {
        name.contains("/") && !name.contains("kubernetes.io/") && !name.hasPrefix("requests.")
    }

    static func errors(_ member: Object.Member, _ path: FieldPath) -> [FieldError] {
        let name = member.key
        var errors = FieldChecks.qualifiedName(name, path)
        if errors.isEmpty, !name.contains("/"), !isStandard(name) {
            if name != "storage" {
                errors.append(
                    .invalid(path, .string(name), "must be a standard resource type or fully qualified"))
            }
            errors.append(.invalid(path, .string(name), "must be a standard resource for quota"))
        }
        guard let text = member.value.string, let amount = Quantity(text) else { return errors }
        if amount.isNegative {
            errors.append(.invalid(path, .string(amount.description), FieldChecks.mustBeNonNegative))
        }
        if counted.contains(name) || isExtended(name), !amount.isWhole {
            errors.append(.invalid(path, .string(amount.description), "must be an integer"))
        }
        return errors
    }
}
