import FairleadModel

extension Value {
    /// Removes duplicate owner references, comparing them as a whole.
    ///
    /// Reference: `dedupOwnerReferencesAndAddWarning` of k8s.io/apiserver `endpoints/handlers/rest.go`.
    /// - Parameter afterAdmission: creates and replacements are checked on arrival and after admission, patches only
    ///   after admission.
    /// - Returns: the warning about them, if there were any.
    mutating func removeDuplicateOwners(afterAdmission: Bool) -> [String] {
        guard let owners = at("metadata", "ownerReferences")?.array, owners.count > 1 else { return [] }
        var seen: Set<Value> = []
        var distinct: [Value] = []
        var duplicates: [String] = []
        for owner in owners {
            if seen.insert(owner).inserted { distinct.append(owner) } else { duplicates.append(owner.text("uid")) }
        }
        if duplicates.isEmpty { return [] }
        set(.array(distinct), at: "metadata", "ownerReferences")
        let list = duplicates.joined(separator: ", ")
        return [
            ".metadata.ownerReferences contains duplicate entries\(afterAdmission ? " after mutating admission happens" : ""); API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: \(list)"
        ]
    }
}
