import FairleadAPI
import FairleadModel
import FairleadStorage
import FairleadWebhooks

/// A group version that a Service serves, as its APIService says (kube-aggregator).
struct RemoteService: Sendable, Hashable {
    static let resource = GroupResource(group: "apiregistration.k8s.io", resource: "apiservices")

    let name: String
    let uid: String
    let group: String
    let version: String
    let groupPriority: Int64
    let versionPriority: Int64
    /// The Service, its port and the authorities that its certificate may be of.
    let target: WebhookTarget
    let skipsVerification: Bool
    let isAvailable: Bool

    /// nil for a version that this server serves itself.
    init?(_ object: Value) {
        guard let service = object.at("spec", "service"), service.object != nil else { return nil }
        let spec = object["spec"] ?? .null
        name = object.name
        uid = object.uid
        group = spec.text("group")
        version = spec.text("version")
        groupPriority = spec["groupPriorityMinimum"]?.int ?? 0
        versionPriority = spec["versionPriority"]?.int ?? 0
        target = WebhookTarget(clientConfig: ["service": service, "caBundle": spec["caBundle"] ?? .null])
        skipsVerification = spec["insecureSkipTLSVerify"]?.bool ?? false
        isAvailable =
            object.at("status", "conditions")?.array?.contains {
                $0["type"]?.string == "Available" && $0["status"]?.string == "True"
            } ?? false
    }

    /// That of a group version, if it is a remote one.
    static func find(group: String, version: String, _ snapshot: Snapshot) -> RemoteService? {
        snapshot.object(ObjectKey(resource, namespace: "", name: "\(version).\(group)")).flatMap {
            RemoteService($0.value)
        }
    }

    var path: String { "/apis/\(group)/\(version)" }
    var place: String { "\(group)/\(version)" }

    /// The Service's address as messages have it, and the path: kube-apiserver goes through the cluster IP.
    func url(_ path: String, _ snapshot: Snapshot) -> String {
        guard case .service(let namespace, let name, _, let port) = target.place else { return path }
        let key = ObjectKey(GroupResource(group: "", resource: "services"), namespace: namespace, name: name)
        let service = snapshot.object(key)?.value
        let address = service?.at("spec", "clusterIP")?.string ?? ""
        let external = service?.at("spec", "externalName")?.string ?? ""
        let host =
            !external.isEmpty ? external : address.isEmpty || address == "None" ? "\(name).\(namespace).svc" : address
        return "https://\(host.contains(":") ? "[\(host)]" : host):\(port)\(path)"
    }
}

/// What of a path says whose it is: `/apis/GROUP/VERSION…` and `/openapi/v3/apis/GROUP/VERSION`.
struct RemotePath {
    let group: String
    let version: String

    init?(_ path: String) {
        var rest = path[...]
        if rest.hasPrefix("/openapi/v3/apis/") { rest = rest.dropFirst("/openapi/v3".count) }
        guard rest.hasPrefix("/apis/") else { return nil }
        let parts = rest.dropFirst("/apis/".count).split(
            separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count >= 2, !parts[0].isEmpty, !parts[1].isEmpty, !parts[0].contains("%"), !parts[1].contains("%")
        else { return nil }
        group = String(parts[0])
        version = String(parts[1])
    }
}
