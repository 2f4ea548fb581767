package import FairleadModel

/// A JSON patch (RFC 6902) with the habits of the library in kube-apiserver: `replace` of a missing member adds it,
/// negative indexes count from the end, and whatever fails is one and the same 422.
package struct JSONPatch: Sendable {
    /// kube-apiserver refuses patches of more operations.
    package static let maximumOperations = 10_000

    private let operations: [Value]
    /// What a strict decoder says about how the patch was written.
    private(set) var complaints: [String] = []

    /// - Parameter isStrict: whether the patch is read by a strict decoder first.
    package init(decoding bytes: [UInt8], isStrict: Bool = true) throws(APIStatus) {
        let parsed: JSON.Parsed
        do throws(JSON.ParseError) {
            parsed = try JSON.parse(bytes)
        } catch {
            throw isStrict ? .undecodablePatch(error.message) : .badRequest(error.message)
        }
        let complaints = isStrict ? try Self.complaints(about: parsed) : []
        try self.init(parsed.value)
        self.complaints = complaints
    }

    package init(_ value: Value) throws(APIStatus) {
        switch value {
        case .array(let elements): operations = elements
        case .null: operations = []
        default:
            throw .badRequest("json: cannot unmarshal \(value.jsonTypeName) into Go value of type jsonpatch.Patch")
        }
        for operation in operations where operation.object == nil && !operation.isNull {
            throw .badRequest(
                "json: cannot unmarshal \(operation.jsonTypeName) into Go value of type jsonpatch.Operation")
        }
        if operations.count > Self.maximumOperations {
            throw APIStatus(
                code: 413, reason: "RequestEntityTooLarge",
                message: "Request entity too large: The allowed maximum operations in a JSON patch is "
                    + "\(Self.maximumOperations), got \(operations.count)")
        }
    }

    package static func apply(_ patch: Value, to object: Value) throws(APIStatus) -> Value {
        try JSONPatch(patch).applied(to: object)
    }

    /// - Throws: 422, or `APIStatus.tooDeep` for a document that comes to nest too deeply on the way.
    package func applied(to object: Value) throws(APIStatus) -> Value {
        var document = object
        var depth = PatchDepth(of: object)
        // Copies may not let a document grow without bound: about the largest body there may be.
        var copied = 0
        for operation in operations {
            if operation["path"] == "", let done = document.applyToWhole(operation) {
                depth = PatchDepth(of: document)
                if done { continue }
                throw .patchRejected
            }
            guard let pointer = operation["path"]?.string.flatMap(JSONPointer.init) else { throw .patchRejected }
            let isDone: Bool
            switch operation["op"]?.string {
            case "add":
                let value = operation["value"] ?? .null
                guard depth.allows(value, below: pointer.steps.count) else { throw .tooDeep }
                isDone = document.add(value, at: pointer.steps[...])
            case "remove": isDone = document.remove(at: pointer.steps[...])
            case "replace":
                let value = operation["value"] ?? .null
                guard depth.allows(value, below: pointer.steps.count) else { throw .tooDeep }
                isDone = document.replace(with: value, at: pointer.steps[...])
            case "test":
                let expected = operation["value"] ?? .null
                isDone = document.value(at: pointer.steps[...]).map { $0.isSameJSON(as: expected) } ?? false
            case "move":
                guard let from = operation["from"]?.string.flatMap(JSONPointer.init),
                    let value = document.value(at: from.steps[...])
                else { throw .patchRejected }
                guard depth.allows(value, from: from.steps.count, below: pointer.steps.count) else { throw .tooDeep }
                isDone = document.remove(at: from.steps[...]) && document.add(value, at: pointer.steps[...])
            case "copy":
                guard let from = operation["from"]?.string.flatMap(JSONPointer.init),
                    let value = document.value(at: from.steps[...])
                else { throw .patchRejected }
                guard depth.allows(value, from: from.steps.count, below: pointer.steps.count) else { throw .tooDeep }
                copied += value.jsonBytes.count
                isDone = copied <= 3 << 20 && document.add(value, at: pointer.steps[...])
            default: isDone = false
            }
            if !isDone { throw .patchRejected }
        }
        return document
    }
}

/// The decoded steps of a JSON pointer (RFC 6901); the root has none and is refused, as most operations on it are.
private struct JSONPointer {
    let steps: [String]

    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count > 1 else { return nil }
        steps = parts.dropFirst().map { String($0).replacing("~1", with: "/").replacing("~0", with: "~") }
    }
}

extension Value {
    /// The two operations that take the whole document: a test, and a replacement, which does nothing for a scalar.
    /// - Returns: nil for any other operation.
    fileprivate mutating func applyToWhole(_ operation: Value) -> Bool? {
        let value = operation["value"] ?? .null
        switch operation["op"]?.string {
        case "test": return isSameJSON(as: value)
        case "replace":
            if value.object != nil || value.array != nil { self = value }
            return true
        default: return nil
        }
    }

    /// A list index; negative ones count from the end. `limit` is the number of places.
    private static func index(_ text: String, limit: Int) -> Int? {
        guard let index = Int(text), index < limit, index >= -limit else { return nil }
        return index < 0 ? index + limit : index
    }

    /// The value at a path; a missing member of an object is null, a missing way to it nil.
    fileprivate func value(at steps: ArraySlice<String>) -> Value? {
        guard let step = steps.first else { return self }
        switch self {
        case .object(let object):
            let member = object[step]
            return steps.count == 1 ? member ?? .null : member?.value(at: steps.dropFirst())
        case .array(let elements):
            return Self.index(step, limit: elements.count).flatMap { elements[$0].value(at: steps.dropFirst()) }
        default: return nil
        }
    }

    /// Changes the container of the last step; false where there is none or `change` says so.
    private mutating func change(
        at steps: ArraySlice<String>, _ change: (inout Value, String) -> Bool
    ) -> Bool {
        guard let step = steps.first else { return false }
        if steps.count == 1 { return change(&self, step) }
        switch self {
        case .object(var object):
            guard var child = object[step], child.change(at: steps.dropFirst(), change) else { return false }
            object[step] = child
            self = .object(object)
            return true
        case .array(var elements):
            guard let index = Self.index(step, limit: elements.count),
                elements[index].change(at: steps.dropFirst(), change)
            else { return false }
            self = .array(elements)
            return true
        default: return false
        }
    }

    fileprivate mutating func add(_ value: Value, at steps: ArraySlice<String>) -> Bool {
        change(at: steps) { container, key in
            switch container {
            case .object:
                container[key] = value
                return true
            case .array(var elements):
                guard let index = key == "-" ? elements.count : Self.index(key, limit: elements.count + 1) else {
                    return false
                }
                elements.insert(value, at: index)
                container = .array(elements)
                return true
            default: return false
            }
        }
    }

    fileprivate mutating func remove(at steps: ArraySlice<String>) -> Bool {
        change(at: steps) { container, key in
            switch container {
            case .object(let object):
                guard object[key] != nil else { return false }
                container[key] = nil
                return true
            case .array(var elements):
                guard let index = Self.index(key, limit: elements.count) else { return false }
                elements.remove(at: index)
                container = .array(elements)
                return true
            default: return false
            }
        }
    }

    fileprivate mutating func replace(with value: Value, at steps: ArraySlice<String>) -> Bool {
        change(at: steps) { container, key in
            switch container {
            case .object:
                container[key] = value
                return true
            case .array(var elements):
                guard let index = Self.index(key, limit: elements.count) else { return false }
                elements[index] = value
                container = .array(elements)
                return true
            default: return false
            }
        }
    }

    /// Equality of JSON values: 1 and 1.0 are the same number.
    fileprivate func isSameJSON(as other: Value) -> Bool {
        switch (self, other) {
        case (.int, .double), (.double, .int): return double == other.double
        case (.array(let left), .array(let right)):
            return left.count == right.count && zip(left, right).allSatisfy { $0.isSameJSON(as: $1) }
        case (.object(let left), .object(let right)):
            return left.count == right.count
                && zip(left, right).allSatisfy { $0.key == $1.key && $0.value.isSameJSON(as: $1.value) }
        default: return self == other
        }
    }
}
