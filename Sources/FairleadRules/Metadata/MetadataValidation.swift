package import FairleadModel

/// The `metadata` rules that all kinds share.
///
/// Reference: k8s.io/apimachinery `api/validation/objectmeta.go`, k8s.io/apiserver `registry/rest` (BeforeCreate,
/// BeforeUpdate).
package enum MetadataValidation {
    /// Every error in the metadata, in Kubernetes' order and words. On an update (`old` is not nil) an error appears
    /// once for each time Kubernetes checks for it: in the generic registry and again in the kind's own validation. The
    /// resourceVersion is left to the verb.
    ///
    /// - Parameters:
    ///   - nameErrors: messages about a name; the second parameter says whether it is a `generateName` prefix.
    ///   - isCustom: whether this is a custom resource, whose finalizers need no domain.
    package static func errors(
        for object: Value, old: Value?, isNamespaced: Bool, isCustom: Bool = false,
        nameErrors: (String, Bool) -> [String]
    ) -> [FieldError] {
        let meta = object["metadata"] ?? .object(Object())
        guard let old else {
            return contents(meta, isNamespaced: isNamespaced, isCustom: isCustom, nameErrors: nameErrors)
        }
        let oldMeta = old["metadata"] ?? .object(Object())
        let ofChange = changes(meta, old: oldMeta)
        // What is stored has been checked when it was written; the writer of a status leaves all of it as it is.
        if checkedContents.allSatisfy({ meta[$0] == oldMeta[$0] }) { return ofChange + ofChange }
        let ofContents = contents(
            meta, isNamespaced: isNamespaced, isCustom: isCustom, nameErrors: { _, _ in [] })
        var result = ofContents + ofChange + ofChange
        for _ in 1..<max(contentChecks[object.text("kind"), default: 2], 1) { result += ofContents }
        return result
    }

    /// What `contents` depends on.
    private static let checkedContents = [
        "name", "generateName", "namespace", "generation", "labels", "annotations", "ownerReferences", "finalizers",
    ]

    /// How often the contents of metadata are checked on an update, if not twice.
    private static let contentChecks: [String: Int] = [
        "Service": 3, "Deployment": 1, "ReplicaSet": 1, "StatefulSet": 1, "DaemonSet": 1, "Job": 1,
        "PodDisruptionBudget": 1,
    ]

    private static let path = FieldPath("metadata")

    /// The metadata of an object embedded in a custom resource. The name and the namespace are optional.
    package static func embeddedErrors(of meta: Value, at path: FieldPath) -> [FieldError] {
        var named = meta
        if meta.text("name").isEmpty { named["name"] = "fakename" }
        return contents(
            named, at: path, isNamespaced: !meta.text("namespace").isEmpty, isCustom: true,
            nameErrors: { name, _ in NameRules.pathSegment(name) })
    }

    private static func contents(
        _ meta: Value, at path: FieldPath = Self.path, isNamespaced: Bool, isCustom: Bool,
        nameErrors: (String, Bool) -> [String]
    ) -> [FieldError] {
        var errors: [FieldError] = []
        let prefix = meta.text("generateName")
        if !prefix.isEmpty {
            errors += FieldChecks.messages(nameErrors(prefix, true), value: prefix, path.child("generateName"))
        }
        let name = meta.text("name")
        if name.isEmpty {
            errors.append(.required(path.child("name"), "name or generateName is required"))
        } else {
            errors += FieldChecks.messages(nameErrors(name, false), value: name, path.child("name"))
        }
        let namespace = meta.text("namespace")
        switch (isNamespaced, namespace.isEmpty) {
        case (true, true): errors.append(.required(path.child("namespace")))
        case (true, false): errors += FieldChecks.dnsLabel(namespace, path.child("namespace"))
        case (false, false): errors.append(.forbidden(path.child("namespace"), "not allowed on this type"))
        case (false, true): break
        }
        errors += FieldChecks.nonNegative(meta["generation"], path.child("generation"))
        errors += FieldChecks.labels(meta["labels"], path.child("labels"))
        errors += FieldChecks.annotations(meta["annotations"], path.child("annotations"))
        errors += OwnerReferenceValidation.errors(meta.items("ownerReferences"), path.child("ownerReferences"))
        errors += finalizers(meta.strings("finalizers"), at: path, isCustom: isCustom)
        return errors
    }

    private static let standardFinalizers: Set<String> = ["kubernetes", "orphan", "foregroundDeletion"]

    private static func finalizers(_ names: [String], at path: FieldPath, isCustom: Bool) -> [FieldError] {
        var errors: [FieldError] = []
        let here = path.child("finalizers")
        for name in names { errors += FieldChecks.qualifiedName(name, here) }
        if names.contains("orphan"), names.contains("foregroundDeletion") {
            errors.append(
                .invalid(
                    here, .array(names.map { .string($0) }),
                    "finalizer orphan and foregroundDeletion cannot be both set"))
        }
        if isCustom { return errors }
        for (index, name) in names.enumerated() where !name.contains("/") && !standardFinalizers.contains(name) {
            errors.append(
                .invalid(
                    here.index(index), .string(name),
                    "name is neither a standard finalizer name nor is it fully qualified"))
        }
        return errors
    }

    /// Immutable fields, and finalizers added after deletion began.
    private static func changes(_ meta: Value, old: Value) -> [FieldError] {
        var errors: [FieldError] = []
        if old["deletionTimestamp"] != nil {
            let before = Set(old.strings("finalizers"))
            let added = Set(meta.strings("finalizers")).subtracting(before).sorted()
            if !added.isEmpty {
                let list = added.map(\.goQuoted).joined(separator: ", ")
                errors.append(
                    .forbidden(
                        path.child("finalizers"),
                        "no new finalizers can be added if the object is being deleted, found new finalizers "
                            + "[]string{\(list)}"))
            }
        }
        let generation = meta.number("generation")
        if generation < old.number("generation") {
            errors.append(.invalid(path.child("generation"), .int(generation), "must not be decremented"))
        }
        let fixed = [
            "name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds",
        ]
        for name in fixed { errors += FieldChecks.unchanged(meta[name], old[name], path.child(name)) }
        return errors
    }
}
