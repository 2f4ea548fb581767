import FairleadModel
import FairleadStorage

/// Allocates the cluster IPs for one write of one Service, from the ranges of all ServiceCIDRs (KEP-1880).
struct ClusterIPAllocator {
    private let context: StrategyContext
    private let ranges: [ServiceRange]
    private let lenders: [(object: StoredObject, ranges: [ServiceRange])]
    /// The cluster's families; the first is the default. Additional ServiceCIDRs do not change them.
    let configuredFamilies: [String]

    init(_ context: StrategyContext) {
        self.context = context
        configuredFamilies = context.configuration.serviceClusterIPRanges.map(\.network.family)
        lenders = context.snapshot.objects(AllocationClaims.serviceCIDRs, namespace: nil, after: nil).map {
            ($0, ServiceRange.ranges(of: $0.value))
        }
        // The configuration is used until the cluster's own ServiceCIDR has been written.
        let lent = lenders.flatMap(\.ranges)
        ranges =
            lent.isEmpty ? context.configuration.serviceClusterIPRanges.map { ServiceRange($0, isReady: true) } : lent
    }

    /// The ServiceCIDR that an address comes from: the transaction that takes the address is conditional on it, so that
    /// no address is allocated from a range that is being deleted.
    func lender(of address: IPAddress) -> StoredObject? {
        lenders.first { $0.ranges.contains { $0.isReady && $0.contains(address) } }?.object
    }

    /// Takes an address that the client chose.
    func take(_ text: String, for owner: ServiceOwner) throws(AllocationFailure) {
        guard let address = IPAddress(text) else { throw AllocationFailure(message: "invalid IP address: \(text)") }
        let found = ranges.first { $0.isReady && $0.contains(address) }
        if context.isDryRun {
            if found != nil { return }
            let shown = ranges.first { $0.cidr.isIPv4 == address.isIPv4 }?.cidr.description ?? ""
            throw AllocationFailure(
                message: "the provided IP (\(address)) is not in the valid range. The range of valid IPs is \(shown)")
        }
        if found == nil { throw AllocationFailure(message: "the provided network does not match the current range") }
        try checkClaim(address, owner)
        if !isFree(address) { throw AllocationFailure(message: "provided IP is already allocated") }
    }

    /// A free address of the family; a dry run shows the network address, which is never allocated.
    func next(_ family: String, for owner: ServiceOwner) throws(AllocationFailure) -> String {
        let candidates = ranges.filter { $0.cidr.network.family == family }
        if context.isDryRun, let first = candidates.first { return first.cidr.network.description }
        // A crowded range is searched exhaustively only if no other range has a free address at hand.
        for isThorough in [false, true] {
            for range in candidates where range.isReady {
                let isFree = { self.isFree(range.address(at: $0)) }
                let offset =
                    isThorough
                    ? range.band.next(context.environment, isFree: isFree)
                    : range.band.probe(context.environment, isFree: isFree)
                guard let offset else { continue }
                let address = range.address(at: offset)
                try checkClaim(address, owner)
                return address.description
            }
        }
        throw AllocationFailure(message: "range is full")
    }

    private func isFree(_ address: IPAddress) -> Bool {
        context.snapshot.isFree(AllocationClaims.key(address))
    }

    /// The claim is an object like any other; a Service without a name already fails here.
    private func checkClaim(_ address: IPAddress, _ owner: ServiceOwner) throws(AllocationFailure) {
        let errors = IPAddressStrategy.errors(ofParent: owner.reference)
        if errors.isEmpty { return }
        let status = APIStatus.invalid(
            group: "networking.k8s.io", kind: "IPAddress", name: address.description, errors: errors)
        throw AllocationFailure(message: status.message)
    }
}

/// One range of a ServiceCIDR, excluding the addresses that a Service cannot have: the network address and, for IPv4,
/// the broadcast address.
struct ServiceRange {
    let cidr: CIDR
    let isReady: Bool
    let band: AllocationBand

    init(_ cidr: CIDR, isReady: Bool) {
        self.cidr = cidr
        self.isReady = isReady
        let reserved: UInt128 = cidr.isIPv4 ? 2 : 1
        let size = cidr.size > reserved ? cidr.size - reserved : 0
        band = AllocationBand(size: size, minimum: 16, step: 16, maximum: 256)
    }

    static func ranges(of serviceCIDR: Value) -> [ServiceRange] {
        let conditions = serviceCIDR["status"]?.items("conditions") ?? []
        let ready = conditions.first { $0.text("type") == "Ready" }
        let isReady = serviceCIDR.deletionTimestamp == nil && ready?.text("status") == "True"
        let texts = serviceCIDR["spec"]?.strings("cidrs") ?? []
        return texts.compactMap { CIDR($0) }.map { ServiceRange($0, isReady: isReady) }
    }

    func address(at offset: UInt128) -> IPAddress { cidr.network.advanced(by: offset + 1) }

    func contains(_ address: IPAddress) -> Bool {
        guard cidr.contains(address), address != cidr.network else { return false }
        return !(cidr.isIPv4 && address == cidr.last)
    }
}
