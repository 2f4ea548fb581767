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

    /// How much copies may add to a document: about what a request may have.
    static let maximumCopied = 3 << 20

    /// - Throws: 422, or `APIStatus.tooDeep` if the document becomes too deeply nested on the way.
    package func applied(to object: Value) throws(APIStatus) -> Value {
        let run = Run(operations[...], on: object)
        if let (_, error) = run.failure { throw error }
        return run.document.value
    }

    /// The operations in their order, up to the first that cannot be done.
    struct Run {
        private(set) var document: PatchTree
        /// The place of that one.
        private(set) var failure: (place: Int, APIStatus)?
        /// How much has been copied, or would have been.
        private(set) var copied = 0
        private var depth: PatchDepth

        init(_ operations: ArraySlice<Value>, on object: Value) {
            document = .whole(object)
            depth = PatchDepth(of: object)
            for place in operations.indices {
                do throws(APIStatus) {
                    guard try apply(operations[place]) else { throw .patchRejected }
                } catch {
                    failure = (place, error)
                    return
                }
            }
        }

        /// nil if it is not copies that have been too much.
        var copyFault: String? {
            guard copied > JSONPatch.maximumCopied else { return nil }
            return "Unable to complete the copy, the accumulated size increase of copy is \(copied), "
                + "exceeding the limit \(JSONPatch.maximumCopied)"
        }

        private mutating func apply(_ operation: Value) throws(APIStatus) -> Bool {
            if operation["path"] == "", let isDone = document.applyToWhole(operation, &depth) { return isDone }
            guard let pointer = operation["path"]?.string.flatMap(JSONPointer.init) else { return false }
            let steps = pointer.steps[...]
            switch operation["op"]?.string {
            case "add":
                let value = operation["value"] ?? .null
                guard depth.allows(value, below: steps.count) else { throw .tooDeep }
                return document.add(.whole(value), at: steps)
            case "remove": return document.remove(at: steps) != nil
            case "replace":
                let value = operation["value"] ?? .null
                guard depth.allows(value, below: steps.count) else { throw .tooDeep }
                return document.replace(with: .whole(value), at: steps)
            case "test": return document.at(steps)?.isSameJSON(as: operation["value"] ?? .null) ?? false
            case "move":
                guard let from = operation["from"]?.string.flatMap(JSONPointer.init),
                    let part = document.remove(at: from.steps[...])
                else { return false }
                guard depth.allows(part, from: from.steps.count, below: steps.count) else { throw .tooDeep }
                return document.add(part, at: steps)
            case "copy":
                guard let from = operation["from"]?.string.flatMap(JSONPointer.init),
                    let value = document.at(from.steps[...])?.value
                else { return false }
                guard depth.allows(.whole(value), from: from.steps.count, below: steps.count) else { throw .tooDeep }
                copied += value.jsonBytes.count
                return copied <= JSONPatch.maximumCopied && document.add(.whole(value), at: steps)
            default: return false
            }
        }
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
