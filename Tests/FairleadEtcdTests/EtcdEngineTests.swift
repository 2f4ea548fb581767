import FairleadEtcdTesting
import FairleadModel
import FairleadStorage
import Synchronization
import Testing

@testable import FairleadEtcd

/// The engine against a real etcd, beyond what `StorageContract` asks of every engine.
@Suite(.enabled(if: EtcdServer.isInstalled, "there is no etcd on the PATH"))
struct EtcdEngineTests {
    private static let services = GroupResource(group: "", resource: "services")

    private func key(_ name: String) -> ObjectKey { ObjectKey(Self.services, namespace: "default", name: name) }

    private func document(_ text: String) -> Document {
        Document(["kind": "Service", "apiVersion": "v1", "metadata": ["name": "x"], "text": .string(text)])
    }

    private func put(_ name: String, _ text: String, ifAt revision: Int64? = nil) -> Transaction {
        Transaction(
            conditions: revision.map { [.init(key: key(name), revision: $0)] } ?? [],
            operations: [.put(key(name), document(text))])
    }

    @Test func replicasSeeWhatOthersWriteAndCollideOnOneKey() async throws {
        let etcd = try EtcdServer()
        defer { etcd.remove() }
        let one = try Store.open(engine: EtcdEngine(etcd.options))
        let two = try Store.open(engine: EtcdEngine(etcd.options))
        let made = try await one.commit(put("a", "1", ifAt: 0))
        try await two.catchUp()
        #expect(two.current.object(key("a"))?.revision == made.revision)
        #expect(two.current.object(key("a"))?.value["text"]?.string == "1")
        // Of many that create the same key at both, one wins each time, and the losers see who was faster.
        for round in 0..<10 {
            let winners = await withTaskGroup(of: Bool.self) { group in
                for (number, store) in [one, two, one, two].enumerated() {
                    group.addTask {
                        do throws(StorageError) {
                            _ = try await store.commit(put("claim-\(round)", "\(number)", ifAt: 0))
                            return true
                        } catch {
                            guard case .conflict(_, let current) = error else { return true }
                            #expect(current != nil)
                            return false
                        }
                    }
                }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(winners == 1)
        }
        try await one.catchUp()
        try await two.catchUp()
        #expect(one.current.revision == two.current.revision)
        var histories: [[Int64]] = []
        for store in [one, two] {
            var cursor = try store.watch(Self.services, after: made.revision)
            histories.append(try cursor.next(maximum: 1000).events.map(\.revision))
        }
        #expect(histories[0] == histories[1] && histories[0].count == 10)
        await one.close()
        await two.close()
    }

    /// While etcd stands still, attempts pile up; all of them arrive, and one counts.
    @Test func aTransactionThatIsTriedSeveralTimesIsCarriedOutOnce() async throws {
        let etcd = try EtcdServer()
        defer { etcd.remove() }
        let store = try Store.open(engine: EtcdEngine(etcd.options))
        let before = try await store.commit(put("a", "0")).revision
        try etcd.pause()
        async let first = store.commit(put("a", "1"))
        async let second = store.commit(put("b", "1", ifAt: 0))
        async let third = store.commit(put("a", "2"))
        try await Task.sleep(for: .seconds(3), clock: .suspending)
        try etcd.resume()
        let revisions = try await [first.revision, second.revision, third.revision]
        #expect(Set(revisions).count == 3)
        var cursor = try store.watch(Self.services, after: before)
        #expect(try cursor.next(maximum: 100).events.map(\.revision) == revisions.sorted())
        // The slots are in order again.
        for round in 0..<5 { _ = try await store.commit(put("a", "\(round)")) }
        await store.close()
    }

    @Test func aLostConnectionIsAFaultUntilItIsBack() async throws {
        let etcd = try EtcdServer()
        defer { etcd.remove() }
        let store = try Store.open(engine: EtcdEngine(etcd.options))
        let made = try await store.commit(put("a", "1")).revision
        etcd.kill()
        try await eventually { store.faults[.feed] != nil }
        // What is there can be read, but nobody can say whether it is all.
        #expect(store.current.object(key("a"))?.revision == made)
        await #expect(throws: StorageError.self) { try await store.catchUp(timeout: .seconds(1)) }
        try etcd.start()
        try await eventually { store.faults[.feed] == nil }
        try await store.catchUp()
        #expect(try await store.commit(put("a", "2", ifAt: made)).revision > made)
        await store.close()
    }

    @Test func compactionOfWhatTheFeedHasNotSeenBeginsAnew() async throws {
        let etcd = try EtcdServer()
        defer { etcd.remove() }
        let late = try EtcdEngine(etcd.options)
        let loaded = try late.load()
        let other = try EtcdEngine(etcd.options)
        let results = try other.commit((0..<5).map { put("a", "\($0)") })
        let last = try #require(results.last).get()
        _ = try other.compact(through: last, limit: 1)
        try other.tidy()
        let resets = Mutex<[EngineState]>([])
        late.follow(
            EngineFollower(
                advance: { _, _ in }, reset: { state in resets.withLock { $0.append(state) } }, report: { _ in }))
        try await eventually { !resets.withLock { $0.isEmpty } }
        let state = resets.withLock { $0[0] }
        #expect(state.revision >= last && last > loaded.revision && state.objects.map(\.revision) == [last])
        late.close()
        other.close()
    }

    /// Only writes by others below our prefix reach the feed; the store's revision counts all.
    @Test func aReadIsNotHeldUpByWritesOutsideOfThePrefix() async throws {
        let etcd = try EtcdServer()
        defer { etcd.remove() }
        let store = try Store.open(engine: EtcdEngine(etcd.options))
        var others = etcd.options
        others.prefix = "/elsewhere"
        let other = try EtcdEngine(others)
        _ = try other.commit([put("a", "1")])
        try await store.catchUp()
        #expect(store.current.count(Self.services, namespace: nil) == 0)
        other.close()
        await store.close()
    }

    @Test func whatOthersWriteInJSONIsTakenAndAnythingElseIsDamage() async throws {
        let etcd = try EtcdServer()
        defer { etcd.remove() }
        let store = try Store.open(engine: EtcdEngine(etcd.options))
        let client = try EtcdClient(etcd.options)
        let tasks = EtcdTasks()
        defer { tasks.stop() }
        tasks.start { await client.run() }
        func write(_ name: String, _ value: String) async throws {
            _ = try await client.call(
                .put, PutRequest(key: EtcdKeys(prefix: "/registry").key(key(name)), value: Array(value.utf8)),
                PlainResponse.self, until: .now + .seconds(5))
        }
        try await write("foreign", #"{"apiVersion":"v1","kind":"Service","metadata":{"name":"foreign"}}"#)
        try await write("broken", "k8s\u{0}\u{1}")
        try await write("cut", #"{"kind":"Service","apiVersion":"v1","metadata":{"resourceVersion":"","name":"c}"#)
        try await store.catchUp()
        let foreign = try #require(store.current.object(key("foreign")))
        #expect(foreign.value.at("metadata", "resourceVersion")?.string == "\(foreign.revision)")
        #expect(!store.current.isFree(key("broken")) && store.current.object(key("broken")) == nil)
        #expect(!store.current.isFree(key("cut")) && store.current.object(key("cut")) == nil)
        await store.close()
        let again = try Store.open(engine: EtcdEngine(etcd.options))
        #expect(again.damageFound.map(\.key.name).sorted() == ["broken", "cut"])
        #expect(again.current.object(key("foreign"))?.revision == foreign.revision)
        await again.close()
    }

    /// The members measure a busy connection by pings.
    @Test func aBusyConnectionStaysOpen() async throws {
        let etcd = try EtcdServer()
        defer { etcd.remove() }
        let faults = Faults()
        var options = StoreOptions()
        options.onFault = { fault in faults.all.withLock { $0.append(fault.message) } }
        let store = try Store.open(engine: EtcdEngine(etcd.options), options: options)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<8 {
                group.addTask {
                    for round in 0..<200 { _ = try await store.commit(put("\(worker)", "\(round)")) }
                }
            }
            try await group.waitForAll()
        }
        #expect(faults.all.withLock { $0 } == [])
        await store.close()
    }

    private final class Faults: Sendable {
        let all = Mutex<[String]>([])
    }

    @Test func membersAreSpokenToWithTLSAndACertificate() async throws {
        let etcd = try EtcdServer(isSecure: true)
        defer { etcd.remove() }
        let store = try Store.open(engine: EtcdEngine(etcd.options))
        let made = try await store.commit(put("a", "1", ifAt: 0)).revision
        try await store.catchUp()
        #expect(store.current.object(key("a"))?.revision == made)
        // Pings are answered behind TLS, too.
        for round in 0..<300 { _ = try await store.commit(put("b", "\(round)")) }
        #expect(store.faults[.feed] == nil)
        await store.close()
        // Without the authority, the member's certificate is not believed; without a certificate, the member does not listen.
        for change: @Sendable (inout EtcdOptions) -> Void in [
            { $0.authorityFile = nil },
            {
                $0.certificateFile = nil
                $0.keyFile = nil
            },
        ] {
            var options = etcd.options
            change(&options)
            let engine = try EtcdEngine(options)
            guard case .failure(.io) = try engine.commit([put("c", "1")])[0] else {
                Issue.record("it was taken")
                continue
            }
            engine.close()
        }
        var options = etcd.options
        options.authorityFile = "/nonexistent"
        #expect(throws: StorageError.self) { try EtcdEngine(options) }
    }

    @Test func largeStoresAreLoadedInPages() throws {
        let etcd = try EtcdServer()
        defer { etcd.remove() }
        let engine = try EtcdEngine(etcd.options)
        let text = String(repeating: "x", count: 20_000)
        _ = try engine.commit((0..<600).map { put("\($0)", text) })
        let again = try EtcdEngine(etcd.options)
        #expect(Set(try again.load().objects.map(\.key.name)) == Set((0..<600).map(String.init)))
        engine.close()
        again.close()
    }

    @Test func requestsBeyondTheLimitsOfEtcdAreRefused() async throws {
        let etcd = try EtcdServer()
        defer { etcd.remove() }
        let engine = try EtcdEngine(etcd.options)
        let large = try engine.commit([put("large", String(repeating: "x", count: 3 << 19))])[0]
        guard case .failure(.tooLarge(let refused, _)) = large else {
            Issue.record("\(large)")
            return
        }
        #expect(refused == key("large"))
        let many = Transaction(conditions: [], operations: (0..<200).map { .put(key("\($0)"), document("")) })
        guard case .failure(.io) = try engine.commit([many])[0] else {
            Issue.record("too many operations were taken")
            return
        }
        #expect(try engine.load().objects.isEmpty)
        engine.close()
    }

    private func eventually(_ isSo: () -> Bool) async throws {
        for _ in 0..<600 {
            if isSo() { return }
            try await Task.sleep(for: .milliseconds(25), clock: .suspending)
        }
        Issue.record("it has not come to pass")
    }
}
