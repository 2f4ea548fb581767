import FairleadExpressions
package import FairleadModel
import FairleadSchema

/// The rules for a version's schema.
///
/// Reference: k8s.io/apiextensions-apiserver `validation.go` (ValidateCustomResourceDefinitionOpenAPISchema).
package struct DefinitionSchema {
    private var errors = BoundedErrors()

    /// - Parameter hasStatus: whether the version has the status subresource, which restricts the root.
    package static func errors(of root: Value, _ path: FieldPath, hasStatus: Bool) -> [FieldError] {
        var check = DefinitionSchema()
        if hasStatus { check.checkRoot(root, path) }
        if root.flag("nullable") {
            check.errors.append(.forbidden(path.child("nullable"), "nullable cannot be true at the root"))
        }
        let structural = StructuralRules.errors(of: root, path)
        let total = DefinitionRules.TotalCost()
        var place = Place(isRoot: true)
        // Expressions can be checked only if the schema is structural.
        if structural.isEmpty {
            place.rules = .init(schema: StructuralSchema(root, isRoot: true), isResource: true, total: total)
        }
        check.check(root, path, place)
        check.errors += total.errors(path)
        if !structural.isEmpty { return check.errors.all(at: path) + structural }
        return check.errors.all(at: path) + DefaultRules.errors(of: root, path)
    }

    /// The position of a node in the schema.
    private struct Place {
        var isRoot = false
        /// Why a default is forbidden here.
        var noDefaults: String?
        var isInMetadata = false
        /// Its position for rules; nil within `allOf`, `anyOf`, `oneOf` and `not`, which have none.
        var rules: DefinitionRules.Place?
    }

    private static let rootFields: [String] = [
        "$schema", "description", "example", "externalDocs", "id", "items", "properties", "required", "title", "type",
        "x-kubernetes-preserve-unknown-fields", "x-kubernetes-validations", "exclusiveMaximum", "exclusiveMinimum",
        "uniqueItems", "nullable",
    ]

    /// With a status subresource, the root may not have constraints that a status validated on its own would evade.
    private mutating func checkRoot(_ root: Value, _ path: FieldPath) {
        if root.text("type") != "object", root["type"] != nil {
            errors.append(
                .invalid(
                    path.child("type"), root["type"] ?? .null,
                    "only \"object\" is allowed as the type at the root of the schema if the status subresource is enabled"
                ))
        }
        if let other = root.object?.keys.first(where: { !Self.rootFields.contains($0) }) {
            let names =
                "[Description Type Format Title Maximum ExclusiveMaximum Minimum ExclusiveMinimum MaxLength MinLength Pattern MaxItems MinItems UniqueItems MultipleOf Required Items Properties ExternalDocs Example XPreserveUnknownFields XValidations]"
            let allowed: Set<String> = [
                "format", "maximum", "minimum", "maxLength", "minLength", "pattern", "maxItems", "minItems",
                "multipleOf",
            ]
            if !allowed.contains(other) {
                errors.append(
                    .invalid(
                        path, root,
                        "only \(names) fields are allowed at the root of the schema if the status subresource is enabled"
                    ))
            }
        }
    }

    private mutating func check(_ schema: Value, _ path: FieldPath, _ place: Place) {
        guard schema.object != nil else { return }
        let before = errors.count
        checkForbidden(schema, path, place)
        if schema.flag("uniqueItems") {
            forbid(
                path, "uniqueItems",
                "uniqueItems cannot be set to true since the runtime complexity becomes quadratic")
        }
        let properties = schema.entries("properties")
        if let additional = schema["additionalProperties"] {
            if !properties.isEmpty {
                forbid(path, "additionalProperties", "additionalProperties and properties are mutual exclusive")
            }
            var inner = Place(noDefaults: place.noDefaults, isInMetadata: place.isInMetadata)
            if place.isInMetadata { inner.noDefaults = "inside additionalProperties applying to object metadata" }
            inner.rules = place.rules?.additional(path)
            check(additional, path.child("additionalProperties"), inner)
        }
        let isResource = place.isRoot || schema.flag("x-kubernetes-embedded-resource")
        for property in properties {
            var inner = Place(noDefaults: place.noDefaults, isInMetadata: place.isInMetadata)
            if isResource, ["metadata", "kind", "apiVersion"].contains(property.key) {
                inner.isInMetadata = true
                if place.isRoot { inner.noDefaults = "in top-level \(property.key)" }
            }
            inner.rules = place.rules?.property(property.key, path)
            check(property.value, path.child("properties").key(property.key), inner)
        }
        let nested = Place(noDefaults: place.noDefaults, isInMetadata: place.isInMetadata)
        if let not = schema["not"] { check(not, path.child("not"), nested) }
        for key in ["allOf", "oneOf", "anyOf"] {
            for (index, child) in schema.items(key).enumerated() {
                check(child, path.child(key).index(index), nested)
            }
        }
        if let items = schema["items"] {
            var inner = nested
            inner.rules = place.rules?.items(path)
            check(items, path.child("items"), inner)
        }
        checkExtensions(schema, path)
        // If the schema has errors here or below, its expressions are not checked.
        let rules = schema.items("x-kubernetes-validations")
        if !rules.isEmpty, let place = place.rules, errors.count == before {
            errors += DefinitionRules.errors(rules, place, path.child("x-kubernetes-validations"))
        }
    }

    private mutating func forbid(_ path: FieldPath, _ key: String, _ words: String) {
        errors.append(.forbidden(path.child(key), words))
    }

    private mutating func checkForbidden(_ schema: Value, _ path: FieldPath, _ place: Place) {
        if schema["default"] != nil, let reason = place.noDefaults {
            forbid(path, "default", reason.isEmpty ? "must not be set" : "must not be set " + reason)
        }
        for key in ["id", "additionalItems", "patternProperties", "definitions", "dependencies"] {
            if !schema.isEmptyOrAbsent(key) { forbid(path, key, "\(key) is not supported") }
        }
        if schema["$ref"] != nil { forbid(path, "$ref", "$ref is not supported") }
        if schema.text("type") == "null" {
            forbid(path, "type", "type cannot be set to null, use nullable as an alternative")
        }
        if schema["items"]?.array != nil { forbid(path, "items", "items must be a schema object and not an array") }
        if place.isInMetadata, schema.flag("x-kubernetes-embedded-resource") {
            forbid(path, "x-kubernetes-embedded-resource", "must not be used inside of resource meta")
        }
    }

    private static let types: [String] = ["array", "boolean", "integer", "number", "object", "string"]

    private mutating func checkExtensions(_ schema: Value, _ path: FieldPath) {
        let type = schema.text("type")
        let preserve = "x-kubernetes-preserve-unknown-fields"
        if schema[preserve] == .bool(false) {
            errors.append(.invalid(path.child(preserve), false, "must be true or undefined"))
        }
        if !type.isEmpty, !Self.types.contains(type), type != "null" {
            errors.append(.notSupported(path.child("type"), .string(type), supported: Self.types))
        }
        func demand(_ wanted: String, _ words: String) {
            if type == wanted { return }
            errors.append(
                type.isEmpty
                    ? .required(path.child("type"), words) : .invalid(path.child("type"), .string(type), words))
        }
        if let mapType = schema["x-kubernetes-map-type"] {
            demand("object", "must be object if x-kubernetes-map-type is specified")
            if !["atomic", "granular"].contains(mapType.string ?? "") {
                errors.append(
                    .notSupported(path.child("x-kubernetes-map-type"), mapType, supported: ["atomic", "granular"]))
            }
        }
        if let listType = schema["x-kubernetes-list-type"] {
            demand("array", "must be array if x-kubernetes-list-type is specified")
            if !["atomic", "set", "map"].contains(listType.string ?? "") {
                errors.append(
                    .notSupported(
                        path.child("x-kubernetes-list-type"), listType, supported: ["atomic", "set", "map"]))
            }
        }
        errors += KeyedListRules.errors(of: schema, path)
        errors += DefinitionRules.formErrors(
            schema.items("x-kubernetes-validations"), schema, path.child("x-kubernetes-validations"))
        if let pattern = schema["pattern"]?.string, !pattern.isEmpty {
            do throws(Pattern.SyntaxError) {
                _ = try Pattern(pattern)
            } catch {
                errors.append(
                    .invalid(
                        path.child("pattern"), .string(pattern),
                        "must be a valid regular expression, but isn't: \(error.message)"))
            }
        }
    }
}
