package import FairleadClient
package import FairleadModel

/// Puts right what clients do to IPAddress objects behind the allocator's back.
///
/// Addresses are claimed and given back in the transaction of their Service, so nothing leaks by itself; but a client
/// may delete the claim of a Service that lives, or make one that says to be the allocator's. The first comes back,
/// the second goes. Reference: KEP-1880, k8s.io/kubernetes `registry/core/service/ipallocator/controller`.
package struct IPAddressRepairController: Controller {
    package let name = "ip-repair-controller"
    private let runner: ControllerRunner<IPAddressRepair.Suspect>
    private let informers: [Informer]
    private let recorder: EventRecorder

    package init(informers: InformerSet, environment: Environment, clock: any DelayClock = SystemDelayClock()) {
        let queue = WorkQueue<IPAddressRepair.Suspect>(clock: clock)
        let services = informers.informer(.services)
        let addresses = informers.informer(.ipAddresses)
        let recorder = EventRecorder(
            client: informers.client, component: "ipallocator-repair-controller", environment: environment)
        let claims = addresses.lister
        let owners = services.lister
        // Only what looks wrong in the caches is looked at.
        services.addHandler { change in
            let held = change.new.map(IPAddressRepair.addresses) ?? []
            for address in held where claims.get(namespace: "", name: address) == nil {
                queue.add(.init(address: address, owner: change.name))
            }
            for address in change.old.map(IPAddressRepair.addresses) ?? [] where !held.contains(address) {
                guard let claim = claims.get(namespace: "", name: address), IPAddressClaim.isManaged(claim.value),
                    IPAddressRepair.owner(of: claim.value) == change.name
                else { continue }
                queue.add(.init(address: address, owner: change.name))
            }
        }
        addresses.addHandler { change in
            guard let object = change.latest?.value else { return }
            if let claim = change.new, !IPAddressClaim.isManaged(claim.value) { return }
            let owner = IPAddressRepair.owner(of: object)
            let service = owner.flatMap { owners.get($0) }
            let isHeld = service.map { IPAddressRepair.holds($0.value, object.name) } ?? false
            if isHeld == change.isDeletion { queue.add(.init(address: object.name, owner: owner)) }
        }
        self.recorder = recorder
        self.informers = [services, addresses]
        let repair = IPAddressRepair(client: informers.client, services: owners, claims: claims, recorder: recorder)
        runner = ControllerRunner(name: name, workers: 1, queue: queue) { suspect in
            try await repair.reconcile(suspect)
            return .done
        }
    }

    package var health: ControllerHealth { runner.health }

    package func run() async { await ControllerLoop.run(runner, after: informers, recorder: recorder) }
}
