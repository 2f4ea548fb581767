package import FairleadModel

/// A JSON patch (RFC 6902) with the quirks of kube-apiserver's library: `replace` of a missing member adds it, negative
/// indexes count from the end, and every failure gives the same 422.
package struct JSONPatch: Sendable {
    /// kube-apiserver refuses patches with more operations.
    package static let maximumOperations = 10_000

    let operations: [Value]
    /// What a strict decoder says about how the patch was written.
    package private(set) var complaints: [String] = []

    /// - Parameter isStrict: whether a strict decoder checks the patch first.
    package init(decoding bytes: [UInt8], isStrict: Bool = true) throws(APIStatus) {
        let parsed: JSON.Parsed
        do throws(JSON.ParseError) {
            parsed = try JSON.parse(bytes)
        } catch {
            throw Self.undecodable(error, isStrict: isStrict)
        }
        try self.init(parsed, isStrict: isStrict)
    }

    package init(_ parsed: JSON.Parsed, isStrict: Bool) throws(APIStatus) {
        let complaints = isStrict ? try Self.complaints(about: parsed) : []
        try self.init(parsed.value)
        self.complaints = complaints
    }

    package static func undecodable(_ error: JSON.ParseError, isStrict: Bool) -> APIStatus {
        isStrict ? .undecodablePatch(error.message) : .badRequest(error.message)
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

    /// - Throws: 422, or `APIStatus.tooDeep` if the document becomes too deeply nested on the way.
    package func applied(to object: Value) throws(APIStatus) -> Value {
        var document = PatchTree.whole(object)
        var depth = PatchDepth(of: object)
        // Copies must not let a document grow without bound: the limit is about that of a request body.
        var copied = 0
        for operation in operations {
            if operation["path"] == "", let isDone = document.applyToWhole(operation, &depth) {
                if isDone { continue }
                throw .patchRejected
            }
            guard let pointer = operation["path"]?.string.flatMap(JSONPointer.init) else { throw .patchRejected }
            let steps = pointer.steps[...]
            let isDone: Bool
            switch operation["op"]?.string {
            case "add":
                let value = operation["value"] ?? .null
                guard depth.allows(value, below: steps.count) else { throw .tooDeep }
                isDone = document.add(.whole(value), at: steps)
            case "remove": isDone = document.remove(at: steps) != nil
            case "replace":
                let value = operation["value"] ?? .null
                guard depth.allows(value, below: steps.count) else { throw .tooDeep }
                isDone = document.replace(with: .whole(value), at: steps)
            case "test": isDone = document.at(steps)?.isSameJSON(as: operation["value"] ?? .null) ?? false
            case "move":
                guard let from = operation["from"]?.string.flatMap(JSONPointer.init),
                    let part = document.remove(at: from.steps[...])
                else { throw .patchRejected }
                guard depth.allows(part, from: from.steps.count, below: steps.count) else { throw .tooDeep }
                isDone = document.add(part, at: steps)
            case "copy":
                guard let from = operation["from"]?.string.flatMap(JSONPointer.init),
                    let value = document.at(from.steps[...])?.value
                else { throw .patchRejected }
                guard depth.allows(.whole(value), from: from.steps.count, below: steps.count) else { throw .tooDeep }
                copied += value.jsonBytes.count
                isDone = copied <= 3 << 20 && document.add(.whole(value), at: steps)
            default: isDone = false
            }
            if !isDone { throw .patchRejected }
        }
        return document.value
    }
}

/// The decoded steps of a JSON pointer (RFC 6901); the root has none and is refused, as most operations refuse it.
private struct JSONPointer {
    let steps: [String]

    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count > 1 else { return nil }
        steps = parts.dropFirst().map { part in
            guard part.utf8.contains(UInt8(ascii: "~")) else { return String(part) }
            return String(part).replacing("~1", with: "/").replacing("~0", with: "~")
        }
    }
}

extension PatchTree {
    /// The two operations that accept the whole document: a test, and a replacement, which does nothing for a scalar.
    /// - Returns: nil for any other operation.
    fileprivate mutating func applyToWhole(_ operation: Value, _ depth: inout PatchDepth) -> Bool? {
        let value = operation["value"] ?? .null
        switch operation["op"]?.string {
        case "test": return isSameJSON(as: value)
        case "replace":
            if value.object != nil || value.array != nil {
                self = .whole(value)
                depth = PatchDepth(of: value)
            }
            return true
        default: return nil
        }
    }
}
