import FairleadModel
import Testing

@testable import FairleadControllers

/// What becomes of a ServiceCIDR (KEP-1880).
struct ServiceCIDRReconcilerTests {
    private static let now = Timestamp(rfc3339: "2026-01-01T00:01:00Z") ?? Timestamp(seconds: 0)

    private func cidr(
        _ name: String, _ ranges: [Value], isReady: Bool = true, finalizer: Bool = true, deleted: String? = nil
    ) -> Value {
        var metadata: Object = ["name": .string(name)]
        if finalizer { metadata["finalizers"] = [.string(ServiceCIDRReconciler.finalizer)] }
        if let deleted { metadata["deletionTimestamp"] = .string(deleted) }
        var object: Value = ["metadata": .object(metadata), "spec": ["cidrs": .array(ranges)], "status": [:]]
        if isReady { object["status"] = ["conditions": [["type": "Ready", "status": "True"]]] }
        return object
    }

    private func address(_ name: String, isManaged: Bool = true) -> Value {
        let manager: Value = .string(isManaged ? IPAddressClaim.manager : "somebody")
        return ["metadata": ["name": .string(name), "labels": .object([IPAddressClaim.managedByLabel: manager])]]
    }

    private func plan(_ cidr: Value, others: [Value] = [], _ addresses: [Value] = []) -> ServiceCIDRReconciler.Plan {
        ServiceCIDRReconciler.plan(cidr, others: others, addresses: { addresses }, now: Self.now, grace: .seconds(10))
    }

    @Test func aNewRangeIsProtectedFirstAndThenAnnounced() {
        #expect(plan(cidr("a", ["10.0.0.0/24"], isReady: false, finalizer: false)) == .protect)
        #expect(plan(cidr("a", ["10.0.0.0/24"], isReady: false)) == .announce)
        #expect(plan(cidr("a", ["10.0.0.0/24"])) == .nothing)
    }

    @Test func aRangeInUseIsHeldAndAnEmptyOneGoesAfterTheGracePeriod() {
        let old = cidr("a", ["10.0.0.0/24", "fd00::/112"], deleted: "2026-01-01T00:00:00Z")
        #expect(plan(old, [address("10.0.0.7")]) == .hold)
        #expect(plan(old, [address("fd00::7")]) == .hold)
        #expect(plan(old, [address("10.0.1.7"), address("10.0.0.7", isManaged: false)]) == .release)
        let fresh = cidr("a", ["10.0.0.0/24"], deleted: "2026-01-01T00:00:57Z")
        #expect(plan(fresh) == .wait(.seconds(7)))
    }

    @Test func aRangeThatAnotherCoversMayGoWithItsAddresses() {
        let old = cidr("a", ["10.0.0.0/24"], deleted: "2026-01-01T00:00:00Z")
        let used = [address("10.0.0.7")]
        #expect(plan(old, others: [cidr("b", ["10.0.0.0/16"])], used) == .release)
        #expect(plan(old, others: [cidr("b", ["10.0.0.0/28"])], used) == .release)
        #expect(plan(old, others: [cidr("b", ["10.0.0.128/25"])], used) == .hold)
        let leaving = cidr("b", ["10.0.0.0/16"], deleted: "2026-01-01T00:00:00Z")
        #expect(plan(old, others: [leaving], used) == .hold)
    }

    @Test func whatWasSaidIsNotSaidAgain() {
        var held = cidr("a", ["10.0.0.0/24"], deleted: "2026-01-01T00:00:00Z")
        let patch = ServiceCIDRReconciler.conditionPatch(held, isReady: false, now: Self.now)
        held["status"] = patch["status"]
        #expect(held.at("status", "conditions")?.array?.count == 1)
        #expect(plan(held, [address("10.0.0.7")]) == .nothing)
        #expect(plan(held) == .release)
    }
}
