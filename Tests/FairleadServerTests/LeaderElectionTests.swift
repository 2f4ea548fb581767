import FairleadAPI
import FairleadEtcd
import FairleadEtcdTesting
import FairleadModel
import FairleadStorage
import Logging
import Synchronization
import Testing

@testable import FairleadServer

@Suite(.enabled(if: EtcdServer.isInstalled, "there is no etcd on the PATH"))
struct LeaderElectionTests {
    /// Who leads, as each replica believes.
    private final class Terms: Sendable {
        private let state = Mutex<(leading: [String], all: [String], most: Int)>(([], [], 0))
        private let fenceSeen = Mutex<Transaction.Condition?>(nil)

        func begin(_ name: String) {
            state.withLock { state in
                state.leading.append(name)
                state.all.append(name)
                state.most = max(state.most, state.leading.count)
            }
        }
        func end(_ name: String) { state.withLock { $0.leading.removeAll { $0 == name } } }
        func noteFence() { fenceSeen.withLock { $0 = StoreFence.condition } }
        var fence: Transaction.Condition? { fenceSeen.withLock { $0 } }
        var leading: [String] { state.withLock { $0.leading } }
        var all: [String] { state.withLock { $0.all } }
        var most: Int { state.withLock { $0.most } }
    }

    private func election(_ store: Store, _ name: String) -> LeaderElection {
        var election = LeaderElection(
            store: store, environment: .live, identity: name,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        // Patience for a busy machine.
        election.timing.duration = .seconds(9)
        election.timing.patience = .seconds(7)
        election.timing.renewal = .milliseconds(200)
        election.timing.look = .milliseconds(50)
        return election
    }

    private func lead(_ election: LeaderElection, _ terms: Terms, _ act: @escaping @Sendable () async -> Void = {})
        async
    {
        await election.run {
            terms.begin(election.identity)
            await act()
            while !Task.isCancelled {
                // Cancellation ends the term.
                try? await Task.sleep(for: .seconds(60), clock: .suspending)
            }
            terms.end(election.identity)
        }
    }

    @Test func oneLeadsAndTheOtherTakesOverWhenItIsGone() async throws {
        let etcd = try EtcdServer()
        defer { etcd.remove() }
        let one = try Store.open(engine: EtcdEngine(etcd.options))
        let two = try Store.open(engine: EtcdEngine(etcd.options))
        let terms = Terms()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await lead(election(one, "one"), terms) { terms.noteFence() }
            }
            await eventually { terms.leading == ["one"] }
            group.addTask { await lead(election(two, "two"), terms) }
            // It renews its lease, and the other one waits.
            var renewals: Set<Int64> = []
            await eventually {
                if let revision = two.current.object(LeaderLease.key)?.revision { renewals.insert(revision) }
                return renewals.count > 5
            }
            #expect(terms.leading == ["one"])
            let lease = two.current.object(LeaderLease.key)?.value
            #expect(lease?.text("spec", "holderIdentity") == "one")
            #expect(lease?.at("spec", "leaseTransitions")?.int == 0)
            // It can no longer renew, as if it were cut off; the other one takes over after it has stopped.
            await one.close()
            await eventually { terms.leading == ["two"] }
            #expect(terms.most == 1)
            let taken = two.current.object(LeaderLease.key)?.value
            #expect(taken?.text("spec", "holderIdentity") == "two")
            #expect(taken?.at("spec", "leaseTransitions")?.int == 1)
            group.cancelAll()
        }
        // What the first leader still had to write is not carried out, whoever sends it.
        let key = ObjectKey(GroupResource(group: "", resource: "services"), namespace: "default", name: "late")
        let write = Transaction(
            conditions: [],
            operations: [.put(key, Document(["kind": "Service", "apiVersion": "v1", "metadata": ["name": "late"]]))])
        let old = try #require(terms.fence)
        await StoreFence.$condition.withValue(old) {
            await #expect(throws: StorageError.self) { try await two.commit(write) }
        }
        #expect(two.current.object(key) == nil)
        _ = try await two.commit(write)
        await two.close()
    }

    /// A leader that ends in order does not make the others wait.
    @Test func aLeaderThatEndsGivesTheLeaseUp() async throws {
        let etcd = try EtcdServer()
        defer { etcd.remove() }
        let store = try Store.open(engine: EtcdEngine(etcd.options))
        let terms = Terms()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await lead(election(store, "one"), terms) }
            await eventually { terms.leading == ["one"] }
            group.cancelAll()
        }
        #expect(store.current.object(LeaderLease.key)?.value.text("spec", "holderIdentity") == "")
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await lead(election(store, "two"), terms) }
            await eventually { terms.leading == ["two"] }
            group.cancelAll()
        }
        await store.close()
    }

    /// Somebody edits the Lease: its holder stays, and goes on.
    @Test func editsOfTheLeaseAreNoEndOfTheTerm() async throws {
        let etcd = try EtcdServer()
        defer { etcd.remove() }
        let store = try Store.open(engine: EtcdEngine(etcd.options))
        let terms = Terms()
        await withTaskGroup(of: Void.self) { group in
            var election = election(store, "one")
            election.timing.duration = .seconds(90)
            election.timing.patience = .seconds(60)
            group.addTask { [election] in await lead(election, terms) }
            await eventually { terms.leading == ["one"] }
            for _ in 0..<20 {
                guard var lease = store.current.object(LeaderLease.key)?.value else { continue }
                lease.set("x", at: "metadata", "labels", "edited")
                _ = try? await store.commit(
                    Transaction(conditions: [], operations: [.put(LeaderLease.key, Document(lease))]))
                try? await Task.sleep(for: .milliseconds(100), clock: .suspending)
            }
            #expect(terms.all == ["one"] && terms.leading == ["one"])
            group.cancelAll()
        }
        await store.close()
    }

    private func eventually(_ isSo: () -> Bool) async {
        for _ in 0..<3000 {
            if isSo() { return }
            // Cancellation does not occur here.
            try? await Task.sleep(for: .milliseconds(20), clock: .suspending)
        }
        Issue.record("it has not come to pass")
    }
}
