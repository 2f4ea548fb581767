import FairleadKinds
import FairleadModel

/// Where Kubernetes keeps an object in etcd. Clients see these keys only in the words of failed preconditions.
enum StoragePath {
    static func key(_ kind: Kind, _ key: ObjectKey) -> String {
        let folder: String
        switch kind.groupResource.description {
        case "services": folder = "services/specs"
        case "endpoints": folder = "services/endpoints"
        case "nodes": folder = "minions"
        case "replicationcontrollers": folder = "controllers"
        case "ingresses.networking.k8s.io": folder = "ingress"
        default: folder = kind.groupResource.resource
        }
        let place = key.namespace.isEmpty ? key.name : "\(key.namespace)/\(key.name)"
        return "/registry/\(folder)/\(place)"
    }

    static func uidPrecondition(_ kind: Kind, _ key: ObjectKey, wanted: String, found: String) -> String {
        "StorageError: invalid object, Code: 4, Key: \(Self.key(kind, key)), ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: \(wanted), UID in object meta: \(found)"
    }
}
