import FairleadModel

/// What must happen to one ServiceCIDR: make it ready, or, when it is being deleted, hold or release it. Pure.
///
/// A range may be released if no Service's address would be left without a range: because it contains none, or because
/// another ServiceCIDR that stays covers it. Reference: KEP-1880, "Service CIDR controller".
struct ServiceCIDRReconciler {
    static let finalizer = "networking.k8s.io/service-cidr-finalizer"
    static let condition = "Ready"
    static let readyMessage = "Kubernetes Service CIDR is ready"
    static let heldMessage =
        "There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR"

    enum Plan: Equatable {
        case nothing
        /// Add the finalizer.
        case protect
        /// Write the condition Ready True: addresses may be assigned from it.
        case announce
        /// Write the condition Ready False: addresses are in use.
        case hold
        /// Look again after this time.
        case wait(Duration)
        /// Remove the finalizer.
        case release
    }

    /// - Parameters:
    ///   - others: all ServiceCIDRs but this one.
    ///   - addresses: every IPAddress that exists; called only when the range is being deleted.
    ///   - grace: the time between the deletion and the removal of the finalizer, in which allocators in other
    ///     processes would learn of it.
    static func plan(
        _ cidr: Value, others: [Value], addresses: () -> [Value], now: Timestamp, grace: Duration
    ) -> Plan {
        guard let deletion = cidr.deletionTimestamp else {
            if !cidr.finalizers.contains(finalizer) { return .protect }
            return Conditions(of: cidr).isTrue(condition) ? .nothing : .announce
        }
        guard cidr.finalizers.contains(finalizer) else { return .nothing }
        if isInUse(ranges(of: cidr), others: others.filter { $0.deletionTimestamp == nil }, addresses) {
            return Conditions(of: cidr).reason(condition) == "Terminating" ? .nothing : .hold
        }
        let left = Timestamp(rfc3339: deletion).map { now.remaining(of: grace, since: $0) } ?? .zero
        return left > .zero ? .wait(left) : .release
    }

    static func ranges(of cidr: Value) -> [CIDR] {
        (cidr.at("spec", "cidrs")?.array ?? []).compactMap { $0.string.flatMap { CIDR($0) } }
    }

    private static func isInUse(_ ranges: [CIDR], others: [Value], _ addresses: () -> [Value]) -> Bool {
        let rest = others.flatMap(Self.ranges)
        let alone = ranges.filter { range in !rest.contains { $0.contains(range) } }
        if alone.isEmpty { return false }
        return addresses().contains { object in
            guard IPAddressClaim.isManaged(object), let address = IPAddress(object.name) else { return false }
            return alone.contains { $0.contains(address) } && !rest.contains { $0.contains(address) }
        }
    }

    /// The merge patch of the status that says whether the range is ready.
    static func conditionPatch(_ cidr: Value, isReady: Bool, now: Timestamp) -> Value {
        var conditions = Conditions(of: cidr)
        conditions.set(
            condition, isReady, reason: isReady ? "" : "Terminating", message: isReady ? readyMessage : heldMessage,
            now: now, movesLast: true)
        return ["status": ["conditions": conditions.value ?? .null]]
    }
}

/// What an IPAddress object says about its owner (KEP-1880).
enum IPAddressClaim {
    static let managedByLabel = "ipaddress.kubernetes.io/managed-by"
    static let familyLabel = "ipaddress.kubernetes.io/ip-family"
    static let manager = "ipallocator.k8s.io"

    /// Whether the allocator of cluster IPs created it; those created by hand are ignored.
    static func isManaged(_ object: Value) -> Bool { object.labels[managedByLabel] == manager }
}
