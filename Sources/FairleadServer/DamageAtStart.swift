import FairleadKinds
import FairleadAPI
import FairleadControllers
import FairleadModel
import FairleadSimulation
import FairleadStorage
import Logging

/// What a server does about stored objects that it cannot read: it reports them, and recreates those that it owns. The
/// others stay until somebody deletes them or runs `fairlead check --repair`.
struct DamageAtStart {
    let api: API
    let logger: Logger
    /// Whether the server installs kube-dns.
    let hasKubeDNS: Bool

    func report() {
        reportSealed()
        for damage in api.store.damageFound where !damage.isSealed {
            let metadata: Logger.Metadata = ["key": "\(damage.key)", "reason": "\(damage.reason)"]
            if damage.isCurrent {
                logger.error(
                    "a stored object is damaged: it is not served and can only be deleted", metadata: metadata)
            } else {
                logger.warning("a past version of an object is damaged: history starts anew", metadata: metadata)
            }
        }
    }

    /// One line for each key that is missing.
    private func reportSealed() {
        for (reason, objects) in Dictionary(grouping: api.store.damageFound.filter(\.isSealed), by: \.reason) {
            logger.error(
                "stored objects cannot be decrypted and are not served; start the server with their key, or delete them",
                metadata: [
                    "reason": "\(reason)", "count": "\(objects.count)",
                    "first": "\(objects[0].key)",
                ])
        }
        if api.store.staleValuesFound > 0 {
            logger.notice(
                "stored versions are not encrypted as they would be now: `fairlead secrets reencrypt` does it",
                metadata: ["count": "\(api.store.staleValuesFound)"])
        }
    }

    /// Removes damaged objects that start-up creates again, and restores damaged claims, which can be derived from
    /// Services.
    func makeRoom() async throws(APIStatus) {
        var snapshot = api.store.current
        if snapshot.damaged.isEmpty { return }
        let own = snapshot.damaged.values.filter { isOwn($0.key) && !$0.isSealed }
        if !own.isEmpty { try await api.removeDamaged(own, snapshot) }
        for damage in own { logger.notice("made anew", metadata: ["key": "\(damage.key)"]) }
        snapshot = api.store.current
        let isDamaged = { (key: ObjectKey) in snapshot.damaged[key]?.isSealed == false }
        guard let mending = ClaimsAudit(snapshot, api.environment).mending(where: isDamaged) else { return }
        do {
            _ = try await api.store.commit(mending)
        } catch {
            throw error.status(GroupResource(group: "", resource: "services"), name: "")
        }
        for operation in mending.operations { logger.notice("made anew", metadata: ["key": "\(operation.key)"]) }
    }

    private func isOwn(_ key: ObjectKey) -> Bool {
        switch (key.resource.resource, key.namespace) {
        case ("namespaces", ""): Bootstrap.namespaces.contains(key.name)
        case ("servicecidrs", ""), ("services", "default"), ("endpoints", "default"), ("endpointslices", "default"):
            key.name == "kubernetes"
        case (_, KubeDNS.namespace): hasKubeDNS && KubeDNS.names.contains(key.name)
        default: false
        }
    }
}
