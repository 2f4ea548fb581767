import FairleadKindRules
import FairleadModel
import FairleadStorage

/// The difference between what a Service holds now and what it will hold, as part of the transaction that writes the
/// Service.
struct ServiceClaims {
    private let new: Holdings
    private let old: Holdings
    private let context: StrategyContext

    private struct Holdings {
        var owner: ServiceOwner?
        var addresses: [IPAddress] = []
        var nodePorts: [Int] = []

        init(_ service: Value?) {
            guard let service else { return }
            let spec = ServiceSpec(of: service)
            owner = ServiceOwner(service)
            addresses = spec.heldAddresses
            nodePorts = spec.heldNodePorts
        }
    }

    /// - Parameters:
    ///   - service: the new Service, nil if it is being removed.
    ///   - old: the current Service, nil if it is being created.
    init(of service: Value?, replacing old: Value?, _ context: StrategyContext) {
        new = Holdings(service)
        self.old = Holdings(old)
        self.context = context
    }

    /// - Parameter lender: the ServiceCIDR that an address comes from (`ClusterIPAllocator.lender`).
    func add(to transaction: inout Transaction, lender: (IPAddress) -> StoredObject? = { _ in nil }) {
        // Kubernetes writes a Service and its IPAddresses one after the other, which is visible in their
        // resourceVersions.
        if new.addresses != old.addresses { transaction.numbering = .oneByOne }
        let (newPorts, oldPorts) = (Set(new.nodePorts), Set(old.nodePorts))
        if let owner = new.owner {
            for address in new.addresses where !old.addresses.contains(address) {
                let claim = AllocationClaims.claim(address, for: owner, context.environment)
                take(AllocationClaims.key(address), claim, in: &transaction)
                if let lender = lender(address), !transaction.conditions.contains(where: { $0.key == lender.key }) {
                    transaction.conditions.append(.init(key: lender.key, revision: lender.revision))
                }
            }
            for number in new.nodePorts where !oldPorts.contains(number) {
                let claim = AllocationClaims.claim(nodePort: number, for: owner, context.environment)
                take(AllocationClaims.key(nodePort: number), claim, in: &transaction)
            }
        }
        if let owner = old.owner {
            for address in old.addresses where !new.addresses.contains(address) {
                release(AllocationClaims.key(address), of: owner, in: &transaction)
            }
            for number in old.nodePorts where !newPorts.contains(number) {
                release(AllocationClaims.key(nodePort: number), of: owner, in: &transaction)
            }
        }
    }

    private func take(_ key: ObjectKey, _ claim: Value, in transaction: inout Transaction) {
        transaction.conditions.append(.init(key: key, revision: 0))
        transaction.operations.append(.put(key, Document(claim)))
    }

    /// A claim that has been removed or taken over by another Service is left alone.
    private func release(_ key: ObjectKey, of owner: ServiceOwner, in transaction: inout Transaction) {
        guard let stored = context.snapshot.object(key), owner.holds(stored.value) else { return }
        transaction.conditions.append(.init(key: key, revision: stored.revision))
        transaction.operations.append(.delete(key))
    }
}
