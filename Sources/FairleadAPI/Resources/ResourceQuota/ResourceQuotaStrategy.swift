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
        for scope in spec.strings("scopes") where !QuotaResources.scopes.contains(scope) {
            errors.append(
                .invalid(
                    FieldPath("spec", "scopes"), .array(spec.items("scopes")), "unsupported scope"))
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

/// What a quota can bound.
enum QuotaResources {
    static let scopes: Set<String> = [
        "Terminating", "NotTerminating", "BestEffort", "NotBestEffort", "PriorityClass", "CrossNamespacePodAffinity",
        "VolumeAttributesClass",
    ]

    private static let counted: Set<String> = [
        "pods", "services", "replicationcontrollers", "resourcequotas", "secrets", "configmaps",
        "persistentvolumeclaims", "services.nodeports", "services.loadbalancers",
    ]
    private static let measured: Set<String> = [
        "cpu", "memory", "ephemeral-storage", "requests.cpu", "requests.memory", "requests.storage",
        "requests.ephemeral-storage", "limits.cpu", "limits.memory", "limits.ephemeral-storage",
    ]

    static func errors(_ member: Object.Member, _ path: FieldPath) -> [FieldError] {
        let name = member.key
        var errors = FieldChecks.qualifiedName(name, path)
        let isPrefixed = name.hasPrefix("hugepages-") || name.hasPrefix("requests.hugepages-")
        if errors.isEmpty, !name.contains("/"), !isPrefixed, !counted.contains(name), !measured.contains(name) {
            if name != "storage" {
                errors.append(
                    .invalid(path, .string(name), "must be a standard resource type or fully qualified"))
            }
            errors.append(.invalid(path, .string(name), "must be a standard resource for quota"))
        }
        guard let text = member.value.string, let amount = Quantity(text) else { return errors }
        if amount < Quantity(0) {
            errors.append(.invalid(path, .string(amount.description), FieldChecks.mustBeNonNegative))
        }
        let isWhole = counted.contains(name) || name.contains("/")
        if isWhole, amount.milliValue % 1000 != 0 {
            errors.append(.invalid(path, .string(amount.description), "must be an integer"))
        }
        return errors
    }
}
