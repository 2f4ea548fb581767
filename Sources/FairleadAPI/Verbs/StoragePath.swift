import FairleadKinds
import FairleadModel

/// Kubernetes' error messages from its storage layer.
enum StoragePath {
    static func uidPrecondition(_ kind: Kind, _ key: ObjectKey, wanted: String, found: String) -> String {
        "StorageError: invalid object, Code: 4, Key: \(kind.storagePath(of: key)), ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: \(wanted), UID in object meta: \(found)"
    }
}
