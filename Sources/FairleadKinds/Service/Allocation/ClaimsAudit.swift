import FairleadKindRules
package import FairleadModel
package import FairleadStorage

/// Checks in one snapshot that Services agree with the claims to addresses and ports. They are written in one
/// transaction, so a difference means that something else has written, or that something could not be read.
///
/// What Services show takes precedence. Readable claims of unreadable Services are left alone.
package struct ClaimsAudit {
    package struct Finding: Sendable {
        package var text: String
        /// The repair; nil if only a person can fix it.
        package var operation: Transaction.Operation?
        package var condition: Transaction.Condition?
    }

    package private(set) var findings: [Finding] = []
    private let snapshot: Snapshot
    private let environment: Environment
    /// Which Services show each address or port, oldest first.
    private var holders: [ObjectKey: [ServiceOwner]] = [:]

    package init(_ snapshot: Snapshot, _ environment: Environment) {
        self.snapshot = snapshot
        self.environment = environment
        let services = snapshot.objects(AllocationClaims.services, namespace: nil)
        for service in services.sorted(by: { $0.createRevision < $1.createRevision }) {
            let spec = ServiceSpec(of: service.value)
            let owner = ServiceOwner(namespace: service.key.namespace, name: service.key.name)
            for address in spec.heldAddresses {
                expect(AllocationClaims.key(address), owner) {
                    AllocationClaims.claim(address, for: owner, environment)
                }
            }
            for port in spec.heldNodePorts {
                expect(AllocationClaims.key(nodePort: port), owner) {
                    AllocationClaims.claim(nodePort: port, for: owner, environment)
                }
            }
        }
        findOrphans()
    }

    private mutating func expect(_ key: ObjectKey, _ owner: ServiceOwner, claim: () -> Value) {
        if let first = holders[key]?.first {
            holders[key]?.append(owner)
            return report("\(Self.what(key)) is shown by two Services, \(first.text) and \(owner.text)")
        }
        holders[key] = [owner]
        let replaced = snapshot.object(key)
        if let replaced, owner.holds(replaced.value) { return }
        let how = replaced.map { "claimed by \(Self.claimant($0))" } ?? "not claimed"
        report(
            "\(Self.what(key)) of Service \(owner.text) is \(snapshot.damaged[key] == nil ? how : "claimed unreadably")",
            .put(key, Document(claim())), at: replaced?.revision ?? snapshot.damaged[key]?.revision ?? 0)
    }

    private mutating func findOrphans() {
        for resource in [AllocationClaims.ipAddresses, AllocationClaims.nodePorts] {
            for claim in snapshot.objects(resource, namespace: nil) where holders[claim.key] == nil {
                // Addresses managed by others are theirs to release.
                if resource == AllocationClaims.ipAddresses, !Self.isOurs(claim.value) { continue }
                let reference = claim.value["spec"]?["parentRef"] ?? .null
                let service = ObjectKey(
                    AllocationClaims.services, namespace: reference.text("namespace"), name: reference.text("name"))
                if snapshot.damaged[service] != nil { continue }
                report(
                    "\(Self.what(claim.key)) is claimed by \(Self.claimant(claim)), which does not show it",
                    .delete(claim.key), at: claim.revision)
            }
            for (key, damage) in snapshot.damaged where key.resource == resource && holders[key] == nil {
                report(
                    "\(Self.what(key)) is claimed unreadably, and no Service shows it", .delete(key),
                    at: damage.revision)
            }
        }
    }

    private mutating func report(_ text: String, _ operation: Transaction.Operation? = nil, at revision: Int64 = 0) {
        findings.append(
            Finding(
                text: text, operation: operation,
                condition: operation.map { Transaction.Condition(key: $0.key, revision: revision) }))
    }

    /// All possible repairs in one transaction; nil if there are none.
    package func mending(where isWanted: (ObjectKey) -> Bool = { _ in true }) -> Transaction? {
        var transaction = Transaction()
        for finding in findings {
            guard let operation = finding.operation, let condition = finding.condition, isWanted(operation.key) else {
                continue
            }
            transaction.operations.append(operation)
            transaction.conditions.append(condition)
        }
        return transaction.operations.isEmpty ? nil : transaction
    }

    /// Whether the key is that of a claim.
    package static func isClaim(_ key: ObjectKey) -> Bool {
        key.resource == AllocationClaims.ipAddresses || key.resource == AllocationClaims.nodePorts
    }

    private static func isOurs(_ claim: Value) -> Bool {
        claim.at("metadata", "labels", "ipaddress.kubernetes.io/managed-by") == "ipallocator.k8s.io"
    }

    private static func what(_ key: ObjectKey) -> String {
        key.resource == AllocationClaims.nodePorts ? "node port \(key.name)" : "address \(key.name)"
    }

    private static func claimant(_ claim: StoredObject) -> String {
        let reference = claim.value["spec"]?["parentRef"] ?? .null
        return "\(reference.text("resource")) \(reference.text("namespace"))/\(reference.text("name"))"
    }
}

extension ServiceOwner {
    fileprivate var text: String { "\(namespace)/\(name)" }
}
