package import FairleadClient
import FairleadModel

/// Repairs what clients do to IPAddress objects behind the allocator's back.
///
/// Addresses are claimed and given back in the transaction of their Service, so nothing leaks by itself; but a client
/// may delete the claim of an existing Service, or create one that claims to be the allocator's. The former is
/// recreated, the latter deleted. Reference: KEP-1880, k8s.io/kubernetes
/// `registry/core/service/ipallocator/controller`.
package enum IPAddressRepairController {
    package static let descriptor = ControllerDescriptor("ip-repair-controller", workers: 1) {
        (setup: ControllerSetup<IPAddressRepair.Suspect>, _: ControllerSettings) in
        let services = setup.watch(.services)
        let addresses = setup.watch(.ipAddresses)
        let (owners, claims) = (services.lister, addresses.lister)
        // Only what looks wrong in the caches is examined.
        setup.map(services) { change in
            let held = change.new.map(IPAddressRepair.addresses) ?? []
            let unclaimed = held.filter { claims.get(namespace: "", name: $0) == nil }
            let left = (change.old.map(IPAddressRepair.addresses) ?? []).filter { address in
                guard !held.contains(address), let claim = claims.get(namespace: "", name: address) else {
                    return false
                }
                return IPAddressClaim.isManaged(claim.value) && IPAddressRepair.owner(of: claim.value) == change.name
            }
            return (unclaimed + left).map { .init(address: $0, owner: change.name) }
        }
        setup.map(addresses) { change in
            guard let object = change.latest?.value else { return [] }
            if let claim = change.new, !IPAddressClaim.isManaged(claim.value) { return [] }
            let owner = IPAddressRepair.owner(of: object)
            let service = owner.flatMap { owners.get($0) }
            let isHeld = service.map { IPAddressRepair.holds($0.value, object.name) } ?? false
            return isHeld == change.isDeletion ? [.init(address: object.name, owner: owner)] : []
        }
        let repair = IPAddressRepair(
            client: setup.client, services: owners, claims: claims,
            recorder: setup.recorder(component: "ipallocator-repair-controller"))
        return { suspect in
            try await repair.reconcile(suspect)
            return .done
        }
    }
}
