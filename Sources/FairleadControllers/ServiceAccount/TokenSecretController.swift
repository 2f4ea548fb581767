package import FairleadClient
import FairleadModel

/// Fills in Secrets of the type `kubernetes.io/service-account-token`, and deletes those whose ServiceAccount is gone.
///
/// Reference: "Managing Service Accounts", long-lived API tokens; k8s.io/kubernetes
/// `pkg/controller/serviceaccount/tokens_controller.go`.
package enum TokenSecretController {
    private static let byAccount = "account"

    package static let descriptor = ControllerDescriptor(
        "serviceaccount-token-controller", alias: "serviceaccount-token", workers: 2
    ) { (setup: ControllerSetup<ObjectName>, settings: ControllerSettings) in
        let secrets = setup.watch(.secrets)
        let accounts = setup.watch(.serviceAccounts)
        secrets.addIndex(Self.byAccount) { stored in
            guard let secret = TokenSecret(stored.value) else { return [] }
            return ["\(stored.key.namespace)/\(secret.account)"]
        }
        let lister = secrets.lister
        setup.map(secrets) { change in
            guard let new = change.new, TokenSecret(new.value) != nil else { return [] }
            return [change.name]
        }
        setup.map(accounts) { change in
            guard change.isDeletion || change.old?.value.uid != change.new?.value.uid else { return [] }
            return lister.indexed(Self.byAccount, "\(change.name.namespace)/\(change.name.name)").map(\.objectName)
        }
        let client = setup.client
        let certificates = settings.rootCertificates
        let makeToken = settings.secretToken
        return { key in
            guard let stored = lister.get(key), stored.value.deletionTimestamp == nil,
                let secret = TokenSecret(stored.value)
            else { return .done }
            // The cache may not have a new account yet.
            let account = try await ignoringNotFound(
                await client.get(.serviceAccounts, namespace: key.namespace, name: secret.account))
            if let account, secret.belongs(to: account) {
                let filled = try secret.filled(for: account, certificates: certificates) {
                    try makeToken(key.namespace, account, key.name)
                }
                guard let filled else { return .done }
                try await ignoringNotFound(await client.update(.secrets, filled))
            } else {
                try await ignoringNotFound(
                    orChanged: true,
                    await client.delete(
                        .secrets, namespace: key.namespace, name: key.name,
                        options: DeleteOptions(uid: stored.value.uid)))
            }
            return .done
        }
    }
}
