package import FairleadClient
package import FairleadModel

/// Makes ServiceCIDRs ready, and keeps those that are being deleted until their addresses are given back.
///
/// The allocator of cluster IPs looks at the condition that this controller writes; a ServiceCIDR gives out no address
/// from the moment its deletion is asked for (the allocator's transaction is bound to the version it saw).
package struct ServiceCIDRController: Controller {
    package let name = "service-cidr-controller"
    private let runner: ControllerRunner<String>
    private let informers: [Informer]

    /// - Parameter grace: how long a ServiceCIDR without addresses stays after its deletion was asked for, in seconds;
    ///   ten in Kubernetes.
    package init(
        informers: InformerSet, environment: Environment, grace: Double = 10,
        clock: any DelayClock = SystemDelayClock()
    ) {
        let queue = WorkQueue<String>(clock: clock)
        let cidrs = informers.informer(.serviceCIDRs)
        let addresses = informers.informer(.ipAddresses)
        let lister = cidrs.lister
        cidrs.addHandler { change in
            queue.add(change.name.name)
            // One range that comes or goes may decide whether those that overlap it can go.
            let ranges = [change.old, change.new].compactMap { $0 }.flatMap {
                ServiceCIDRReconciler.ranges(of: $0.value)
            }
            for other in lister.list() where other.value.deletionTimestamp != nil {
                let held = ServiceCIDRReconciler.ranges(of: other.value)
                if held.contains(where: { one in ranges.contains { $0.overlaps(one) } }) { queue.add(other.key.name) }
            }
        }
        addresses.addHandler { change in
            guard change.isDeletion, let address = IPAddress(change.name.name) else { return }
            for cidr in lister.list() where cidr.value.deletionTimestamp != nil {
                let ranges = ServiceCIDRReconciler.ranges(of: cidr.value)
                if ranges.contains(where: { $0.contains(address) }) { queue.add(cidr.key.name) }
            }
        }
        self.informers = [cidrs, addresses]
        let client = informers.client
        runner = ControllerRunner(name: name, workers: 1, queue: queue) { name in
            try await Self.reconcile(name, client, environment, grace)
        }
    }

    package var health: ControllerHealth { runner.health }

    package func run() async { await ControllerLoop.run(runner, after: informers) }

    /// Works on the server's present state, not on the caches: what is released must not be in use.
    private static func reconcile(
        _ name: String, _ client: any ObjectClient, _ environment: Environment, _ grace: Double
    ) async throws -> ReconcileResult {
        let all = try await client.list(.serviceCIDRs, namespace: nil).objects
        guard let cidr = all.first(where: { $0.key.name == name })?.value else { return .done }
        let others = all.filter { $0.key.name != name }.map(\.value)
        let addresses =
            cidr.deletionTimestamp == nil ? [] : try await client.list(.ipAddresses, namespace: nil).objects
        let now = environment.now()
        let plan = ServiceCIDRReconciler.plan(
            cidr, others: others, addresses: { addresses.map(\.value) }, now: now, grace: grace)
        switch plan {
        case .nothing: break
        case .wait(let seconds): return .again(after: seconds)
        case .protect:
            try await client.patch(
                .serviceCIDRs, namespace: "", name: name,
                FinalizerPatch.adding(ServiceCIDRReconciler.finalizer, to: cidr))
        case .release:
            try await client.patch(
                .serviceCIDRs, namespace: "", name: name,
                FinalizerPatch.removing(ServiceCIDRReconciler.finalizer, from: cidr))
        case .announce, .hold:
            try await client.patch(
                .serviceCIDRs, namespace: "", name: name,
                ServiceCIDRReconciler.conditionPatch(cidr, isReady: plan == .announce, now: now),
                subresource: "status")
        }
        return .done
    }
}
