import FairleadModel

extension JSONPatch {
    /// The complaints of a strict decoder about the operations: unknown members, and duplicate ones.
    ///
    /// Reference: `applyJSPatch` of k8s.io/apiserver `endpoints/handlers/patch.go`.
    /// - Throws: 400 if the patch is not a list of operations.
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
            // Duplicates inside an unknown member are ignored.
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

    /// Groups paths by the index of their operation: `[3].value.a`.
    private static func duplicatesByOperation(_ paths: [String]) -> [Int: [String]] {
        var result: [Int: [String]] = [:]
        for path in paths {
            guard path.first == "[", let index = Int(path.dropFirst().prefix { $0 != "]" }) else { continue }
            result[index, default: []].append(path)
        }
        return result
    }

    /// Whether a path within an operation begins with a known member.
    private static func isKnown(_ path: Substring) -> Bool {
        let first = path.prefix { $0 != "." && $0 != "[" }
        return ["op", "path", "from", "value"].contains(first)
    }

    private static func mismatch(_ value: Value, _ target: String) -> APIStatus {
        .undecodablePatch("json: cannot unmarshal \(value.jsonTypeName) into Go \(target)")
    }
}
