import FairleadRules
import FairleadModel
import FairleadSchema

/// The rules of Secrets. Reference: ValidateSecret of k8s.io/kubernetes `pkg/apis/core/validation`.
struct SecretStrategy: ResourceStrategy {
    /// `stringData` is write-only: it is merged into `data` and overrides it.
    func setDefaults(_ object: inout Value) {
        for member in object.entries("stringData") {
            object.set(.string(Base64.encode(Array((member.value.string ?? "").utf8)[...])), at: "data", member.key)
        }
        object["stringData"] = nil
        object.setDefaultText("type", "Opaque")
    }

    func prepareForUpdate(_ object: inout Value, old: Value, _ context: StrategyContext) {}

    func validate(_ object: Value, _ context: StrategyContext) -> [FieldError] {
        let path = FieldPath("data")
        var errors: [FieldError] = []
        var size = 0
        for member in object.entries("data") {
            errors += FieldChecks.messages(
                NameRules.configMapKey(member.key), value: member.key, path.key(member.key))
            size += Base64.size(ofDecoded: member.value.string ?? "")
        }
        if size > ConfigMapStrategy.maximumSize {
            errors.append(.tooLong(path, maximum: ConfigMapStrategy.maximumSize))
        }
        return errors + requiredKeys(of: object, path)
    }

    private func requiredKeys(of object: Value, _ path: FieldPath) -> [FieldError] {
        let data = object["data"]?.object ?? Object()
        func missing(_ keys: String...) -> [FieldError] {
            keys.filter { data[$0] == nil }.map { .required(path.key($0)) }
        }
        switch object.text("type") {
        case "kubernetes.io/service-account-token":
            let key = "kubernetes.io/service-account.name"
            return (object.annotations[key] ?? "").isEmpty
                ? [.required(FieldPath("metadata", "annotations").key(key))] : []
        case "kubernetes.io/dockercfg": return missing(".dockercfg") + malformed(data, ".dockercfg", path)
        case "kubernetes.io/dockerconfigjson":
            return missing(".dockerconfigjson") + malformed(data, ".dockerconfigjson", path)
        case "kubernetes.io/basic-auth":
            // One of the two is enough.
            return data["username"] == nil && data["password"] == nil ? missing("username", "password") : []
        case "kubernetes.io/ssh-auth":
            return (data["ssh-privatekey"]?.string ?? "").isEmpty ? [.required(path.key("ssh-privatekey"))] : []
        case "kubernetes.io/tls": return missing("tls.crt", "tls.key")
        default: return []
        }
    }

    /// The credentials are a JSON object; the error reveals nothing of it.
    private func malformed(_ data: Object, _ key: String, _ path: FieldPath) -> [FieldError] {
        guard let text = data[key]?.string else { return [] }
        let message: String
        do {
            let value = try JSON.parse(Base64.decode(text)).value
            // In Go, null leaves a map unchanged.
            if value.object != nil || value.isNull { return [] }
            message = "json: cannot unmarshal \(value.jsonTypeName) into Go value of type map[string]interface {}"
        } catch {
            message = error.message
        }
        return [.invalid(path.key(key), "<secret contents redacted>", message)]
    }

    func validateUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        FieldChecks.unchanged(object["type"], old["type"], FieldPath("type"))
            + ImmutableContents.errors(object, old: old, fields: ["data"]) + validate(object, context)
    }

    func warnings(for object: Value, old: Value?) -> [String] { SecretWarnings.of(object) }

    let selectableFieldNames = ["type"]
    func selectableFields(of object: Value) -> [String: String] { ["type": object.text("type")] }
}
