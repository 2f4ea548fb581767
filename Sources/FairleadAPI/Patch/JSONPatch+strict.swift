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
        var complaints: [String] = []
        for (index, operation) in operations.enumerated() where !operation.isNull {
            guard let members = operation.object else {
                throw mismatch(operation, "value of type handlers.jsonPatchOp")
            }
            var unknown: [String] = []
            for (name, value) in members {
                switch name {
                case "op", "path", "from":
                    guard value.string != nil || value.isNull else {
                        throw mismatch(value, "struct field jsonPatchOp.\(name) of type string")
                    }
                case "value": break
                default: unknown.append("[\(index)].\(name)")
                }
            }
            // What is within an unknown member is not looked at.
            let twice = patch.duplicateFields.filter { path in
                path.hasPrefix("[\(index)].")
                    && !unknown.contains { path == $0 || path.hasPrefix($0 + ".") || path.hasPrefix($0 + "[") }
            }
            complaints += twice.map { "json patch duplicate field \"\($0)\"" }
            complaints += unknown.map { "json patch unknown field \"\($0)\"" }
        }
        return complaints
    }

    private static func mismatch(_ value: Value, _ target: String) -> APIStatus {
        .undecodablePatch("json: cannot unmarshal \(value.jsonTypeName) into Go \(target)")
    }
}
