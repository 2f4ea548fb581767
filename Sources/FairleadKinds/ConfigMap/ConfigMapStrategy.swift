import FairleadRules
import FairleadModel
import FairleadSchema

/// The rules of ConfigMaps: keys that can be file names, one megabyte, and `immutable`.
struct ConfigMapStrategy: ResourceStrategy {
    static let maximumSize = 1 << 20

    func prepareForUpdate(_ object: inout Value, old: Value, _ context: StrategyContext) {}

    func validate(_ object: Value, _ context: StrategyContext) -> [FieldError] {
        var errors: [FieldError] = []
        var size = 0
        for member in object.entries("data") {
            let here = FieldPath("data").key(member.key)
            errors += FieldChecks.messages(NameRules.configMapKey(member.key), value: member.key, here)
            if object.at("binaryData", member.key) != nil {
                errors.append(.invalid(here, .string(member.key), "duplicate of key present in binaryData"))
            }
            size += member.value.string?.utf8.count ?? 0
        }
        for member in object.entries("binaryData") {
            let here = FieldPath("binaryData").key(member.key)
            errors += FieldChecks.messages(NameRules.configMapKey(member.key), value: member.key, here)
            size += Base64.size(ofDecoded: member.value.string ?? "")
        }
        if size > Self.maximumSize {
            // An empty path prints as `[]`.
            errors.append(
                FieldError(
                    .tooLong, field: "[]", printedValue: nil,
                    detail: "may not be more than \(Self.maximumSize) bytes"))
        }
        return errors
    }

    func validateUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        ImmutableContents.errors(object, old: old, fields: ["data", "binaryData"]) + validate(object, context)
    }
}

/// What `immutable: true` forbids in ConfigMaps and Secrets.
enum ImmutableContents {
    static func errors(_ object: Value, old: Value, fields: [String]) -> [FieldError] {
        guard old.flag("immutable") else { return [] }
        let words = "field is immutable when `immutable` is set"
        var errors: [FieldError] = []
        if !object.flag("immutable") { errors.append(.forbidden(FieldPath("immutable"), words)) }
        for field in fields where object[field] != old[field] {
            errors.append(.forbidden(FieldPath(field), words))
        }
        return errors
    }
}
