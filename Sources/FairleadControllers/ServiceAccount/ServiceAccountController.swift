package import FairleadClient
package import FairleadModel

/// Gives every namespace its `default` ServiceAccount and the cluster's root certificates, and gives them back when
/// they are deleted. Kubernetes' `serviceaccount-controller` and `root-ca-certificate-publisher-controller` in one.
package final class ServiceAccountController: Controller {
    package let name = "serviceaccount-controller"
    private let informers: [Informer]
    private let runner: ControllerRunner<String>

    /// - Parameter rootCertificates: the contents of `ca.crt`, PEM.
    package init(
        client: any ObjectClient, informers: InformerSet, environment: Environment, rootCertificates: String
    ) {
        let queue = WorkQueue<String>()
        let namespaces = informers.informer(.namespaces)
        let accounts = informers.informer(.serviceAccounts)
        let configMaps = informers.informer(.configMaps)
        let reconciler = ServiceAccountReconciler(rootCertificates: rootCertificates)
        let (spaces, accountLister, mapLister) = (namespaces.lister, accounts.lister, configMaps.lister)
        runner = ControllerRunner(name: name, workers: 4, queue: queue) { key in
            guard let namespace = spaces.get(namespace: "", name: key) else { return .done }
            let actions = reconciler.plan(
                namespace: namespace.value,
                account: accountLister.get(namespace: key, name: ServiceAccountReconciler.accountName)?.value,
                certificate: mapLister.get(namespace: key, name: ServiceAccountReconciler.certificateName)?.value)
            for action in actions { try await Self.carryOut(action, in: key, client: client) }
            return .done
        }
        self.informers = [namespaces, accounts, configMaps]
        namespaces.addHandler { if !$0.isDeletion { queue.add($0.name.name) } }
        accounts.addHandler { change in
            if change.isDeletion, change.name.name == ServiceAccountReconciler.accountName {
                queue.add(change.name.namespace)
            }
        }
        configMaps.addHandler { change in
            if !change.isAddition, change.name.name == ServiceAccountReconciler.certificateName {
                queue.add(change.name.namespace)
            }
        }
    }

    package var health: ControllerHealth { runner.health }

    package func run() async { await ControllerLoop.run(runner, after: informers) }

    private static func carryOut(
        _ action: ServiceAccountReconciler.Action, in namespace: String, client: any ObjectClient
    ) async throws(APIStatus) {
        do {
            switch action {
            case .createAccount(let account):
                _ = try await client.create(.serviceAccounts, namespace: namespace, account)
            case .createCertificate(let map): _ = try await client.create(.configMaps, namespace: namespace, map)
            case .updateCertificate(let map): try await client.update(.configMaps, map)
            }
        } catch {
            // There already, or the namespace is on its way out or gone.
            if error.reason == "AlreadyExists" || error.isNamespaceTerminating || error.code == 404 { return }
            throw error
        }
    }
}
