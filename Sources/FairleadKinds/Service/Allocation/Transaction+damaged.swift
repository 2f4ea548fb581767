package import FairleadStorage

extension Transaction {
    /// Deletes a damaged object and, for a Service, its claims to addresses and ports, which name their owner.
    package mutating func removeDamaged(_ damage: DamagedVersion, _ snapshot: Snapshot) {
        add(.delete(damage.key), at: damage.revision)
        guard damage.key.resource == AllocationClaims.services else { return }
        let owner = ServiceOwner(namespace: damage.key.namespace, name: damage.key.name)
        for resource in [AllocationClaims.ipAddresses, AllocationClaims.nodePorts] {
            for claim in snapshot.objects(resource, namespace: nil) where owner.holds(claim.value) {
                add(.delete(claim.key), at: claim.revision)
            }
        }
    }

    private mutating func add(_ operation: Operation, at revision: Int64) {
        conditions.append(.init(key: operation.key, revision: revision))
        operations.append(operation)
    }
}
