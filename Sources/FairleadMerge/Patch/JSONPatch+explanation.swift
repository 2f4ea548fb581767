package import FairleadModel

/// Why a JSON patch cannot be applied, in words.
package struct JSONPatchFailure: Error {
    package let text: String
}

/// Why a patch does not apply, in the words of the Go library that Kubernetes uses.
///
/// Clients who patch get none of it, but those whose objects a webhook or a policy patches do.
/// Reference: gopkg.in/evanphx/json-patch.v4.
extension JSONPatch {
    package var isEmpty: Bool { operations.isEmpty }

    /// Applies operations; a `test` that fails leaves the document as it was.
    package static func result(of operations: [Value], on document: Value) throws(JSONPatchFailure) -> Value {
        guard operations.count <= maximumOperations else {
            throw JSONPatchFailure(text: "The allowed maximum operations in a JSON patch is \(maximumOperations)")
        }
        let patch: JSONPatch
        do throws(APIStatus) {
            patch = try JSONPatch(.array(operations))
        } catch {
            throw JSONPatchFailure(text: error.message)
        }
        do throws(APIStatus) {
            return try patch.applied(to: document)
        } catch {
            let why = patch.explanation(of: error, on: document)
            if why.hasSuffix(testFailed) { return document }
            throw JSONPatchFailure(text: why)
        }
    }

    private static let testFailed = " failed: test failed"

    /// - Parameter error: what `applied(to:)` threw.
    package func explanation(of error: APIStatus, on object: Value) -> String {
        if error == .tooDeep { return error.message }
        let run = Run(operations[...], on: object)
        guard let (place, _) = run.failure else { return error.message }
        if let text = run.copyFault { return text }
        return Self.fault(of: operations[place], in: Run(operations[..<place], on: object).document.value)
    }

    private static let missing = "missing value"

    private static func fault(of operation: Value, in document: Value) -> String {
        let name = operation["op"]?.string ?? "unknown"
        guard ["add", "remove", "replace", "move", "test", "copy"].contains(name) else {
            return "Unexpected kind: \(name)"
        }
        if name == "move" || name == "copy" { return fault(ofTransfer: name, operation, in: document) }
        guard let path = operation["path"]?.string else {
            let why = ["add", "remove"].contains(name) ? missing : "operation missing path field: \(missing)"
            return "\(name) operation failed to decode path: \(why)"
        }
        guard let (container, key) = container(of: path, in: document) else {
            switch name {
            case "replace": return "replace operation does not apply: doc is missing path: \(path): \(missing)"
            case "test": return "test operation does not apply: is missing path: \(path): \(missing)"
            default: return "\(name) operation does not apply: doc is missing path: \"\(path)\": \(missing)"
            }
        }
        switch name {
        case "add": return "error in add for path: '\(path)': \(fault(adding: key, to: container) ?? missing)"
        case "remove": return "error in remove for path: '\(path)': \(fault(removing: key, from: container) ?? missing)"
        case "replace": return "replace operation does not apply: doc is missing key: \(path): \(missing)"
        default: return "testing value \(path)" + testFailed
        }
    }

    private static func fault(ofTransfer name: String, _ operation: Value, in document: Value) -> String {
        guard let from = operation["from"]?.string else {
            return "\(name) operation failed to decode from: operation, missing from field: \(missing)"
        }
        guard let (container, key) = container(of: from, in: document) else {
            return "\(name) operation does not apply: doc is missing from path: \(from): \(missing)"
        }
        if let why = fault(removing: key, from: container) {
            return name == "move"
                ? "error in move for path: '\(key)': \(why)" : "error in copy for from: '\(from)': \(why)"
        }
        guard let path = operation["path"]?.string else {
            let why = name == "copy" ? missing : "operation missing path field: \(missing)"
            return "\(name) operation failed to decode path: \(why)"
        }
        guard let (target, last) = Self.container(of: path, in: document) else {
            return "\(name) operation does not apply: doc is missing destination path: \(path): \(missing)"
        }
        let why = fault(adding: last, to: target) ?? missing
        return name == "move"
            ? "error in move for path: '\(path)': \(why)" : "error while adding value during copy: \(why)"
    }

    /// What holds the value at a path, and its key there; nil if there is nothing on the way.
    private static func container(of path: String, in document: Value) -> (Value, key: String)? {
        let steps = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map {
            String($0).replacing("~1", with: "/").replacing("~0", with: "~")
        }
        guard let last = steps.last else { return nil }
        var current = document
        for step in steps.dropLast() {
            let next = current.array.map { list in index(step, list.count).map { list[$0] } } ?? current[step]
            guard let next, next.array != nil || next.object != nil else { return nil }
            current = next
        }
        return (current, last)
    }

    private static func index(_ text: String, _ count: Int) -> Int? {
        guard let number = Int(text) else { return nil }
        let place = number < 0 ? number &+ count : number
        return (0..<count).contains(place) ? place : nil
    }

    private static func fault(removing key: String, from container: Value) -> String? {
        if let list = container.array { return fault(index: key, list.count) }
        return container[key] == nil ? "Unable to remove nonexistent key: \(key): \(missing)" : nil
    }

    private static func fault(adding key: String, to container: Value) -> String? {
        guard let list = container.array, key != "-" else { return nil }
        if Int(key) == nil { return "value was not a proper array index: '\(key)': \(notANumber(key))" }
        return fault(index: key, list.count + 1)
    }

    private static func notANumber(_ key: String) -> String { "strconv.Atoi: parsing \(key.goQuoted): invalid syntax" }

    private static func fault(index key: String, _ count: Int) -> String? {
        guard let number = Int(key) else { return notANumber(key) }
        if (-count..<count).contains(number) { return nil }
        return "Unable to access invalid index: \(number): invalid index referenced"
    }
}
