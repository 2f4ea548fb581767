package import FairleadModel

/// A JSON merge patch (RFC 7386): its members replace those of the object, and null removes them.
package struct MergePatch: Sendable {
    private let patch: Object

    package init(decoding bytes: [UInt8]) throws(APIStatus) {
        let value: Value
        do throws(JSON.ParseError) {
            value = try JSON.parse(bytes).value
        } catch {
            throw .undecodablePatch(error.message)
        }
        try self.init(value)
    }

    /// The patch must be an object: Kubernetes accepts no others.
    package init(_ value: Value) throws(APIStatus) {
        guard let members = value.patchMembers else {
            throw .undecodablePatch(
                "json: cannot unmarshal \(value.jsonTypeName) into Go value of type map[string]interface {}")
        }
        patch = members
    }

    /// The `opened` argument of `PatchedText`.
    package var opened: Value { .object(patch) }

    package static func apply(_ patch: Value, to object: Value) throws(APIStatus) -> Value {
        try MergePatch(patch).applied(to: object)
    }

    package func applied(to object: Value) -> Value {
        guard case .object(var target) = object else { return .object(Self.merged(Object(), patch)) }
        target = Self.merged(target, patch)
        return .object(target)
    }

    private static func merged(_ target: Object, _ patch: Object) -> Object {
        target.merging(patch) { _, old, new in
            switch new {
            case .null: return nil
            case .object(let members): return .object(merged(old?.object ?? Object(), members))
            default: return withoutNulls(new)
            }
        }
    }

    /// Lists are used as they are, except that null members are removed from the objects in them.
    private static func withoutNulls(_ value: Value) -> Value {
        switch value {
        case .array(let elements): .array(elements.map(withoutNulls))
        case .object(let object): .object(merged(Object(), object))
        default: value
        }
    }
}

extension Value {
    /// The members of a patch, where null means none. nil if the value is not an object: Kubernetes accepts no such
    /// patches.
    var patchMembers: Object? { isNull ? Object() : object }
}
