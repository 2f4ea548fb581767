import FairleadModel

extension JSONPatch {
    /// What a strict decoder says about operations: members it does not know, and those that stand there twice.
    ///
    /// Reference: `applyJSPatch` of k8s.io/apiserver `endpoints/handlers/patch.go`.
    /// - Throws: 400 for what is no list of operations.
    static func complaints(about patch: JSON.Parsed) throws(APIStatus) -> [String] {
        if patch.value.isNull { return [] }
        guard let operations = patch.value.array else {
            throw mismatch(patch.value, "value of type []handlers.jsonPatchOp")
        }
        let duplicates = duplicatesByOperation(patch.duplicateFields)
        var complaints = StrictComplaints()
        for (index, operation) in operations.enumerated() where !operation.isNull {
            guard let members = operation.object else {
                throw mismatch(operation, "value of type handlers.jsonPatchOp")
            }
            // What is within an unknown member is not looked at.
            for path in duplicates[index] ?? [] where isKnown(path.dropFirst("[\(index)].".count)) {
                complaints.add("json patch duplicate field \"\(path)\"")
            }
            for (name, value) in members {
                switch name {
                case "op", "path", "from":
                    guard value.string != nil || value.isNull else {
                        throw mismatch(value, "struct field jsonPatchOp.\(name) of type string")
                    }
                case "value": break
                default: complaints.add("json patch unknown field \"[\(index)].\(name)\"")
                }
            }
        }
        return complaints.texts
    }

    /// Paths by the operation in which they are: `[3].value.a`.
    private static func duplicatesByOperation(_ paths: [String]) -> [Int: [String]] {
        var result: [Int: [String]] = [:]
        for path in paths {
            guard path.first == "[", let index = Int(path.dropFirst().prefix { $0 != "]" }) else { continue }
            result[index, default: []].append(path)
        }
        return result
    }

    /// Whether a path within an operation begins with a member that operations have.
    private static func isKnown(_ path: Substring) -> Bool {
        let first = path.prefix { $0 != "." && $0 != "[" }
        return ["op", "path", "from", "value"].contains(first)
    }

    private static func mismatch(_ value: Value, _ target: String) -> APIStatus {
        .undecodablePatch("json: cannot unmarshal \(value.jsonTypeName) into Go \(target)")
    }
}
