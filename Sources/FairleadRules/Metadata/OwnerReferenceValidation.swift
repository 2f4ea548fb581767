import FairleadModel

/// The rules for `metadata.ownerReferences`.
enum OwnerReferenceValidation {
    /// All errors are reported at the list itself, or at fields below it, without an index.
    package static func errors(_ references: [Value], _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        var controller: String?
        for reference in references {
            errors += self.errors(of: reference, path)
            guard reference.flag("controller") else { continue }
            let name = "\(reference.text("kind"))/\(reference.text("name"))"
            guard let first = controller else {
                controller = name
                continue
            }
            errors.append(
                .invalid(
                    path, printed: "[" + references.map(printed).joined(separator: ",") + "]",
                    "Only one reference can have Controller set to true. "
                        + "Found \"true\" in references for \(first) and \(name)"))
        }
        return errors
    }

    private static func errors(of reference: Value, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        let apiVersion = reference.text("apiVersion")
        // `v1` is a version of the legacy group, `g/v1` one of the group `g`; `g/` has no version.
        let parts = apiVersion.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        if parts.last?.isEmpty ?? true {
            errors.append(.invalid(path.child("apiVersion"), .string(apiVersion), "version must not be empty"))
        }
        for field in ["kind", "name", "uid"] where reference.text(field).isEmpty {
            errors.append(.invalid(path.child(field), "", "must not be empty"))
        }
        if apiVersion == "v1", reference.text("kind") == "Event" {
            errors.append(
                .invalid(path, printed: printed(reference), "/v1, Kind=Event is disallowed from being an owner"))
        }
        return errors
    }

    private static func printed(_ reference: Value) -> String {
        reference.jsonText(
            membersInOrder: ["apiVersion", "kind", "name", "uid", "controller", "blockOwnerDeletion"])
    }
}
