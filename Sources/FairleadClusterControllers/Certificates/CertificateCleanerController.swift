import FairleadClient
import FairleadIdentity
import FairleadModel

/// Deletes requests that nobody needs any more: an hour after the decision or the certificate, a day after a request
/// that nobody has decided about, or once the certificate has expired.
///
/// Reference: k8s.io/kubernetes `pkg/controller/certificates/cleaner`.
enum CertificateCleanerController {
    static let descriptor = ControllerDescriptor(
        "certificatesigningrequest-cleaner-controller", alias: "csrcleaner", workers: 1
    ) { (setup: ControllerSetup<String>, _: CertificateControllers.Settings) in
        let requests = setup.watch(.certificateSigningRequests) { $0.isDeletion ? [] : [$0.name.name] }.lister
        let client = setup.client
        let now = setup.now
        return { name in
            guard let object = requests.get(namespace: "", name: name)?.value, object.deletionTimestamp == nil,
                let end = Self.end(of: object)
            else { return .done }
            let wait = end.duration(since: now())
            if wait > .zero { return .again(after: min(wait, Self.interval)) }
            try await ignoringNotFound(
                orChanged: true,
                await client.delete(
                    .certificateSigningRequests, namespace: "", name: name, options: DeleteOptions(uid: object.uid)))
            return .done
        }
    }

    /// How often kube-controller-manager looks.
    private static let interval = Duration.seconds(3600)
    private static let decidedLifetime: Double = 3600
    private static let pendingLifetime: Double = 24 * 3600

    /// When a request is to be deleted; nil for one whose times cannot be read.
    static func end(of object: Value) -> Timestamp? {
        let status = object["status"] ?? .null
        let conditions = status.items("conditions")
        let certificate = status.text("certificate")
        var ends: [Timestamp] = []
        for condition in conditions {
            guard let updated = Timestamp(rfc3339: condition.text("lastUpdateTime")) else { continue }
            switch condition.text("type") {
            case "Approved":
                ends.append(updated.adding(seconds: certificate.isEmpty ? pendingLifetime : decidedLifetime))
            case "Denied", "Failed": ends.append(updated.adding(seconds: decidedLifetime))
            default: break
            }
        }
        if conditions.isEmpty, let created = Timestamp(rfc3339: object.text("metadata", "creationTimestamp")) {
            ends.append(created.adding(seconds: pendingLifetime))
        }
        if !certificate.isEmpty, let end = CertificateText.expiration(of: Base64.decode(certificate)) {
            ends.append(end)
        }
        return ends.min()
    }
}
