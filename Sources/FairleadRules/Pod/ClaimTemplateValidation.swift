import FairleadModel

/// The rules for PersistentVolumeClaim templates.
///
/// Reference: ValidatePersistentVolumeClaimTemplate of k8s.io/kubernetes `pkg/apis/core/validation`.
enum ClaimTemplateValidation {
    package static func errors(_ template: Value, _ path: FieldPath) -> [FieldError] {
        let metadata = template["metadata"] ?? .null
        let here = path.child("metadata")
        var errors = FieldChecks.annotations(metadata["annotations"], here.child("annotations"))
        errors += FieldChecks.labels(metadata["labels"], here.child("labels"))
        for field in otherMetadata where !isZero(metadata[field]) {
            errors.append(.forbidden(here.child(shown[field] ?? field), "cannot be set"))
        }
        return errors + ClaimSpecValidation.errors(template["spec"] ?? .null, path.child("spec"))
    }

    /// The other metadata fields, in the order in which Go declares them.
    private static let otherMetadata = [
        "name", "generateName", "namespace", "selfLink", "uid", "resourceVersion", "generation", "creationTimestamp",
        "deletionTimestamp", "deletionGracePeriodSeconds", "ownerReferences", "finalizers", "managedFields",
    ]
    private static let shown = ["uid": "uID"]

    private static func isZero(_ value: Value?) -> Bool {
        switch value {
        case nil, .null?, .string("")?, .int(0)?: true
        default: false
        }
    }
}
