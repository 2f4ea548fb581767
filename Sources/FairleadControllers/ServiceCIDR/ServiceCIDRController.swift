package import FairleadClient
import FairleadModel

/// Makes ServiceCIDRs ready, and keeps those that are being deleted until their addresses are no longer in use.
///
/// The allocator of cluster IPs looks at the condition that this controller writes; a ServiceCIDR assigns no addresses
/// once its deletion has been requested (the allocator's transaction is bound to the version it saw).
package enum ServiceCIDRController {
    package static let descriptor = ControllerDescriptor("service-cidr-controller", workers: 1) {
        (setup: ControllerSetup<String>, settings: ControllerSettings) in
        let cidrs = setup.watch(.serviceCIDRs)
        let lister = cidrs.lister
        /// The names of ServiceCIDRs that are being deleted and hold a matching range.
        @Sendable func leaving(_ isMeant: (CIDR) -> Bool) -> [String] {
            lister.list().filter {
                $0.value.deletionTimestamp != nil && ServiceCIDRReconciler.ranges(of: $0.value).contains(where: isMeant)
            }.map(\.key.name)
        }
        setup.map(cidrs) { change in
            // A range that is added or removed may decide whether those that overlap it can be deleted.
            let ranges = [change.old, change.new].compactMap { $0 }.flatMap {
                ServiceCIDRReconciler.ranges(of: $0.value)
            }
            return [change.name.name] + leaving { held in ranges.contains { $0.overlaps(held) } }
        }
        setup.watch(.ipAddresses) { change in
            guard change.isDeletion, let address = IPAddress(change.name.name) else { return [] }
            return leaving { $0.contains(address) }
        }
        let worker = ServiceCIDRWorker(
            client: setup.client, now: setup.now, grace: settings.serviceCIDRGracePeriod)
        return { try await worker.reconcile($0) }
    }
}

/// Works on the server's current state, not on the caches: a released range must not be in use.
private struct ServiceCIDRWorker: Sendable {
    let client: any ObjectClient
    let now: @Sendable () -> Timestamp
    let grace: Duration

    func reconcile(_ name: String) async throws -> ReconcileResult {
        let all = try await client.list(.serviceCIDRs, namespace: nil).objects
        guard let cidr = all.first(where: { $0.key.name == name })?.value else { return .done }
        let others = all.filter { $0.key.name != name }.map(\.value)
        let addresses =
            cidr.deletionTimestamp == nil ? [] : try await client.list(.ipAddresses, namespace: nil).objects
        let now = now()
        let plan = ServiceCIDRReconciler.plan(
            cidr, others: others, addresses: { addresses.map(\.value) }, now: now, grace: grace)
        switch plan {
        case .nothing: break
        case .wait(let delay): return .again(after: delay)
        case .protect: try await patch(name, FinalizerPatch.adding(ServiceCIDRReconciler.finalizer, to: cidr))
        case .release: try await patch(name, FinalizerPatch.removing(ServiceCIDRReconciler.finalizer, from: cidr))
        case .announce, .hold:
            let change = ServiceCIDRReconciler.conditionPatch(cidr, isReady: plan == .announce, now: now)
            try await patch(name, change, subresource: "status")
        }
        return .done
    }

    private func patch(_ name: String, _ patch: Value, subresource: String? = nil) async throws(APIStatus) {
        try await client.patch(.serviceCIDRs, namespace: "", name: name, patch, subresource: subresource)
    }
}
