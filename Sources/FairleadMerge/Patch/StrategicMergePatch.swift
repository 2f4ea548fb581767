package import FairleadModel

/// A strategic merge patch: a merge patch that merges lists by the keys given in the schema, with directives (`$patch`,
/// `$retainKeys`, `$deleteFromPrimitiveList/…`, `$setElementOrder/…`) in the patch.
///
/// Reference: Kubernetes documentation "Update API Objects in Place Using kubectl patch"; design proposals "strategic
/// merge patch" and "preserve order in strategic merge patch".
package struct StrategicMergePatch: Sendable {
    private let patch: Object

    package init(decoding bytes: [UInt8]) throws(APIStatus) {
        let value: Value
        do throws(JSON.ParseError) {
            value = try JSON.parse(bytes).value
        } catch {
            throw Self.undecodable(error)
        }
        try self.init(value)
    }

    package static func undecodable(_ error: JSON.ParseError) -> APIStatus { .badRequest(error.message) }

    package init(_ value: Value) throws(APIStatus) {
        guard let members = value.patchMembers else {
            throw .badRequest(
                "json: cannot unmarshal \(value.jsonTypeName) into Go value of type map[string]interface {}")
        }
        patch = members
    }

    package func applied(to object: Value, schema: (any PatchSchema)?) throws(APIStatus) -> Value {
        .object(try StrategicMerge.maps(object.object ?? Object(), patch, schema))
    }
}

/// Merges maps; lists are handled in `StrategicMerge+lists.swift`.
enum StrategicMerge {
    static let directive = "$patch"
    static let retainKeys = "$retainKeys"
    static let deletePrefix = "$deleteFromPrimitiveList"
    static let orderPrefix = "$setElementOrder"

    static func maps(_ original: Object, _ patch: Object, _ schema: (any PatchSchema)?) throws(APIStatus) -> Object {
        if let value = patch[directive] {
            var rest = patch
            rest[directive] = nil
            switch value.string {
            case "replace": return rest
            case "delete": return Object()
            default: throw unknownDirective(value, in: patch)
            }
        }
        var result = original
        var patch = patch
        try retain(&result, &patch)
        try mergeOrderedLists(&result, &patch, schema)
        var deletions: [(String, Value)] = []
        for (key, value) in patch where key.hasPrefix(deletePrefix) {
            deletions.append((try fieldName(of: key), value))
        }
        if !deletions.isEmpty {
            patch.filter { key, _ in !key.hasPrefix(deletePrefix) }
            result = try result.merging(Object(deletions)) { (key, old, list) throws(APIStatus) in
                guard case (.array(let old), .array(let list)) = (old, list) else { return list.isNull ? nil : old }
                return .array(try lists(old, list, schema?.patchField(key), isDeletion: true))
            }
        }
        return try result.merging(patch) { (key, old, new) throws(APIStatus) in
            switch (old, new) {
            case (_, .null): return nil
            case (.object(let old), .object(let new)):
                let field = schema?.patchField(key)
                return .object(field?.strategy == "replace" ? new : try maps(old, new, field?.child))
            case (.array(let old), .array(let new)):
                return .array(try lists(old, new, schema?.patchField(key), isDeletion: false))
            default: return withoutDirectives(withoutNulls(new))
            }
        }
    }

    /// `$retainKeys`: removes members that it does not name.
    private static func retain(_ original: inout Object, _ patch: inout Object) throws(APIStatus) {
        guard let list = patch.removeValue(forKey: retainKeys) else { return }
        let invalid = APIStatus.badRequest("invalid patch format of retainKeys")
        guard let names = list.array.map({ Set($0) }) else { throw invalid }
        for (key, value) in patch where !value.isNull && !key.hasPrefix(deletePrefix) && !key.hasPrefix(orderPrefix) {
            if !names.contains(.string(key)) { throw invalid }
        }
        original.filter { key, _ in names.contains(.string(key)) }
    }

    /// `$deleteFromPrimitiveList/finalizers` → `finalizers`.
    static func fieldName(of key: String) throws(APIStatus) -> String {
        let parts = key.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0] == deletePrefix || parts[0] == orderPrefix else {
            throw .badRequest(
                key.hasPrefix(deletePrefix)
                    ? "invalid patch format of primitive list" : "invalid patch format of setElementOrder list")
        }
        return String(parts[1])
    }

    static func unknownDirective(_ value: Value, in map: Object) -> APIStatus {
        .unexplained("unknown patch type: \(value.goText) in map: \(Value.object(map).goText)")
    }

    /// What remains of a value that has nothing to merge with: maps with a directive are left out.
    private static func withoutDirectives(_ value: Value) -> Value? {
        switch value {
        case .object(let object):
            if object[directive] != nil { return nil }
            return .object(Object().merging(object) { _, _, member in withoutDirectives(member) })
        case .array(let elements): return .array(elements.compactMap(withoutDirectives))
        default: return value
        }
    }

    private static func withoutNulls(_ value: Value) -> Value {
        switch value {
        case .object(var object):
            object.filter { !$1.isNull }
            object.mapValues { $1 = withoutNulls($1) }
            return .object(object)
        case .array(let elements): return .array(elements.map(withoutNulls))
        default: return value
        }
    }
}
