import FairleadKindRules
import FairleadRules
import FairleadModel
import FairleadSchema

/// Every field error of a CustomResourceDefinition except those of its metadata, in Kubernetes' order and words.
///
/// Reference: k8s.io/apiextensions-apiserver `pkg/apis/apiextensions/validation`.
struct DefinitionValidation {
    private let object: Value
    private let spec: Value
    private let form: DefinitionForm
    private let path = FieldPath("spec")

    init(_ object: Value) {
        self.object = object
        spec = object["spec"] ?? .object(Object())
        form = DefinitionForm(spec)
    }

    func errors(old: Value?) -> [FieldError] {
        var errors = specErrors()
        if let old {
            let before = old["spec"] ?? .object(Object())
            func unchanged(_ keys: String...) {
                errors += FieldChecks.unchanged(
                    spec.at(keys[...]), before.at(keys[...]),
                    keys.dropFirst().reduce(path.child(keys[0])) { $0.child($1) })
            }
            let isEstablished = (old["status"]?.items("conditions") ?? []).contains {
                $0.text("type") == "Established" && $0.text("status") == "True"
            }
            if isEstablished {
                unchanged("scope")
                unchanged("names", "kind")
            }
            unchanged("group")
            unchanged("names", "plural")
        }
        errors += statusErrors()
        errors += storedVersionErrors()
        errors += approvalErrors()
        if spec.flag("preserveUnknownFields"), old?["spec"]?.flag("preserveUnknownFields") != true {
            errors.append(
                .invalid(
                    path.child("preserveUnknownFields"), true,
                    "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead"
                ))
        }
        return errors
    }

    func statusErrors() -> [FieldError] {
        DefinitionNames.errors(
            of: object.at("status", "acceptedNames") ?? .null, FieldPath("status", "acceptedNames"))
    }

    // MARK: spec

    private func specErrors() -> [FieldError] {
        var errors: [FieldError] = []
        let group = spec.text("group")
        if group.isEmpty {
            errors.append(.required(path.child("group")))
        } else {
            let messages = NameRules.dns1123Subdomain(group)
            if !messages.isEmpty {
                errors.append(.invalid(path.child("group"), .string(group), messages.joined(separator: ",")))
            } else if !group.contains(".") {
                errors.append(
                    .invalid(path.child("group"), .string(group), "should be a domain with at least one dot"))
            }
        }
        errors += Self.choice(spec.text("scope"), ["Cluster", "Namespaced"], path.child("scope"))
        errors += versionErrors()
        let names = spec["names"] ?? .null
        for name in ["plural", "singular", "kind", "listKind"] where names.text(name).isEmpty {
            errors.append(.required(path.child("names", name)))
        }
        errors += DefinitionNames.errors(of: names, path.child("names"))
        if form.isShared(.schema) {
            for (place, version, schema) in form.each(.schema) {
                errors += schemaErrors(schema, version, place)
            }
        }
        errors += partErrors(isShared: true)
        errors += DefinitionConversion.errors(of: spec["conversion"] ?? .null, path.child("conversion"))
        return errors
    }

    static func choice(_ text: String, _ allowed: [String], _ path: FieldPath) -> [FieldError] {
        if text.isEmpty { return [.required(path)] }
        return allowed.contains(text) ? [] : [.notSupported(path, .string(text), supported: allowed)]
    }

    private func versionErrors() -> [FieldError] {
        var errors: [FieldError] = []
        let list = path.child("versions")
        for (index, version) in form.versions.enumerated()
        where version.at("schema", "openAPIV3Schema")?.object == nil {
            errors.append(.required(list.index(index).child("schema", "openAPIV3Schema")))
        }
        var names: Set<String> = []
        var isUnique = true
        for (index, version) in form.versions.enumerated() {
            let name = version.text("name")
            if !names.insert(name).inserted { isUnique = false }
            let messages = NameRules.dns1035Label(name)
            if !messages.isEmpty {
                errors.append(
                    .invalid(list.index(index).child("name"), .string(name), messages.joined(separator: ",")))
            }
            if version["deprecationWarning"] != nil, !version.flag("deprecated") {
                errors.append(
                    .invalid(
                        list.index(index).child("deprecationWarning"), version["deprecationWarning"] ?? .null,
                        "can only be set for deprecated versions"))
            }
            let warning = version.text("deprecationWarning")
            if version["deprecationWarning"] != nil, warning.isEmpty || warning.utf8.count > 256 {
                errors.append(
                    warning.isEmpty
                        ? .invalid(
                            list.index(index).child("deprecationWarning"), "",
                            "must be non-empty")
                        : .tooLong(list.index(index).child("deprecationWarning"), maximum: 256))
            }
            if !form.isShared(.schema), let schema = version["schema"] {
                errors += schemaErrors(schema, version, list.index(index).child("schema"))
            }
        }
        errors += partErrors(isShared: false)
        func refuse(_ words: String) {
            errors.append(.invalid(list, printed: form.printedVersions, words))
        }
        if !isUnique { refuse("must contain unique version names") }
        if form.versions.count(where: { $0.flag("storage") }) != 1 {
            refuse("must have exactly one version marked as storage version")
        }
        if let first = form.versions.first?.text("name"), !first.isEmpty {
            let messages = NameRules.dns1035Label(first)
            if !messages.isEmpty {
                errors.append(.invalid(path.child("version"), .string(first), messages.joined(separator: ",")))
            }
        }
        return errors
    }

    private func schemaErrors(_ schema: Value, _ version: Value, _ place: FieldPath) -> [FieldError] {
        guard let root = schema["openAPIV3Schema"], root.object != nil else { return [] }
        let hasStatus = version.at("subresources", "status")?.object != nil
        return DefinitionSchema.errors(of: root, place.child("openAPIV3Schema"), hasStatus: hasStatus)
    }

    /// Subresources, columns and selectable fields: those shared by all versions, or those that are not.
    private func partErrors(isShared: Bool) -> [FieldError] {
        var errors: [FieldError] = []
        if form.isShared(.subresources) == isShared {
            for (place, _, value) in form.each(.subresources) {
                errors += DefinitionParts.subresourceErrors(value, place)
            }
        }
        if form.isShared(.additionalPrinterColumns) == isShared {
            for (place, _, value) in form.each(.additionalPrinterColumns) {
                for (index, column) in (value.array ?? []).enumerated() {
                    errors += DefinitionParts.columnErrors(column, place.index(index))
                }
            }
        }
        if form.isShared(.selectableFields) == isShared {
            for (place, version, value) in form.each(.selectableFields) {
                let schema = StructuralSchema(version.at("schema", "openAPIV3Schema") ?? .null)
                errors += DefinitionParts.selectableFieldErrors(value.array ?? [], schema, place)
            }
        }
        return errors
    }

    // MARK: status and annotations

    private func storedVersionErrors() -> [FieldError] {
        let place = FieldPath("status", "storedVersions")
        let stored = object["status"]?.strings("storedVersions") ?? []
        if stored.isEmpty { return [.invalid(place, .null, "must have at least one stored version")] }
        var errors: [FieldError] = []
        let names = form.versions.map { $0.text("name") }
        for version in form.versions where version.flag("storage") && !stored.contains(version.text("name")) {
            errors.append(
                .invalid(
                    place, .array(stored.map { .string($0) }), "must have the storage version \(version.text("name"))"))
        }
        for (index, name) in stored.enumerated() where !names.contains(name) {
            errors.append(
                .invalid(
                    place.index(index), .string(name),
                    "missing from spec.versions; \(name) was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in \(name) and removes \(name) from status.storedVersions"
                ))
        }
        return errors
    }

    /// Groups of the Kubernetes project need its approval.
    private func approvalErrors() -> [FieldError] {
        guard APIApproval.isProtected(group: spec.text("group")) else { return [] }
        let place = FieldPath("metadata", "annotations").key(APIApproval.annotation)
        let text = object.annotations[APIApproval.annotation] ?? ""
        let state = APIApproval(annotation: text)
        switch state {
        case .missing: return [.required(place, state.message(text))]
        case .invalid: return [.invalid(place, .string(text), state.message(text))]
        case .bypassed, .approved: return []
        }
    }
}
