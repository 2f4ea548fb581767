import FairleadModel
import Synchronization
import Testing

@testable import FairleadStorage

/// What a store refuses, and what it forgets, so that it does not grow without end.
@Suite struct StoreBoundsTests {
    private let text = String(repeating: "x", count: 10_000)

    /// No upkeep by the clock.
    private func options() -> StoreOptions {
        var options = StoreOptions()
        options.compactionInterval = .seconds(3600)
        return options
    }

    @Test(arguments: EngineKind.allCases)
    func historyThatGrowsTooLargeIsCutAtOnce(kind: EngineKind) async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        var options = options()
        options.maximumHistoryBytes = 200_000
        let store = try Store.open(engine: try kind.open(scratch), options: options)
        for round in 0..<200 {
            try await store.put(key("\(round % 3)"), "\(round)" + text)
            #expect(store.statistics.historyBytes < 400_000)
        }
        while store.statistics.historyBytes > 200_000 { await Task.yield() }
        let oldest = store.statistics.compactedRevision
        #expect(oldest > MemoryEngine.firstRevision)
        // What stays is whole, and of the right size.
        let events = try store.events(after: oldest)
        #expect(events.count == Int(store.current.revision - oldest))
        #expect(events.reduce(0) { $0 + $1.historyBytes } == store.statistics.historyBytes)
        for number in 0..<3 { try await store.delete(key("\(number)")) }
        #expect(store.statistics.historyBytes <= 200_000 + 6 * 11_000)
        await store.close()
    }

    @Test func documentsAndTransactionsBeyondTheLimitAreRefused() async throws {
        let store = try Store.open(engine: MemoryEngine(), options: options())
        let limit = StoreOptions().maximumDocumentBytes
        let frame = document("").bytes.count
        try await store.put(key("fits"), String(repeating: "x", count: limit - frame))
        for _ in 0..<2 {
            // A new object and one that grows alike.
            let error = await storageError {
                try await store.put(key("fits"), String(repeating: "x", count: limit - frame + 1))
            }
            guard case .tooLarge(key("fits"), bytes: limit + 1) = error else {
                return fail("stored: \(String(describing: error))")
            }
            try await store.delete(key("fits"))
        }
        let large = document(String(repeating: "x", count: limit - frame))
        let error = await storageError {
            _ = try await store.commit(
                Transaction(conditions: [], operations: (0..<5).map { .put(key("\($0)"), large) }))
        }
        guard case .tooLarge = error else { return fail("stored: \(String(describing: error))") }
        #expect(store.current.lines.isEmpty)
        await store.close()
    }

    @Test func aFullDatabaseRefusesGrowthUntilThereIsRoomAgain() async throws {
        let faults = Mutex<[StorageFault]>([])
        var options = StoreOptions()
        options.quota = 2 << 20
        options.compactionInterval = .milliseconds(5)
        options.onFault = { fault in faults.withLock { $0.append(fault) } }
        let store = try Store.open(
            engine: SQLiteEngine(path: nil, migrations: SQLiteMigration.builtIn()), options: options)
        var count = 0
        let error = await storageError {
            while count < 1000 {
                try await store.put(key("\(count)"), text)
                count += 1
            }
        }
        guard case .spaceExceeded = error else { return fail("never full: \(String(describing: error))") }
        // Between 10 KB a document and its two pages.
        #expect((100...210).contains(count))
        #expect(store.faults[.space] != nil)
        // Smaller is possible, a little larger too, and so is deletion; more is not.
        try await store.put(key("0"), "small")
        guard case .spaceExceeded = await storageError({ try await store.put(key("0"), text) }) else {
            return fail("grew")
        }
        guard case .spaceExceeded = await storageError({ try await store.put(key("new")) }) else {
            return fail("created")
        }
        for number in 1..<count { try await store.delete(key("\(number)")) }
        while store.faults[.space] != nil { await Task.yield() }
        try await store.put(key("new"), text)
        let kinds = faults.withLock { $0.map { "\($0.kind) \($0.isOver)" } }
        #expect(kinds == ["space false", "space true"])
        await store.close()
    }

    @Test func treesOfReplacedVersionsDoNotComeBack() async throws {
        let store = try Store.open(engine: MemoryEngine(), options: options())
        for round in 0..<3 { try await store.put(key("a"), "\(round)") }
        try await store.delete(key("a"))
        try await store.put(key("b"))
        while store.releaseTrees(through: store.current.revision, limit: 2) {}
        let events = try store.events(after: MemoryEngine.firstRevision)
        // A watcher with a selector, a reader of an old page: both look inside.
        for _ in 0..<2 {
            #expect(events.map { $0.object.text } == ["0", "1", "2", "2", ""])
            #expect(events.map { $0.previous?.text } == [nil, "0", "1", "2", nil])
        }
        #expect(events.map { $0.object.isDecoded } == [false, false, false, false, true])
        #expect(events.allSatisfy { $0.previous?.isDecoded != true })
        await store.close()
    }

    @Test func treesOfABurstGoUnlessSomebodyUsesThem() async throws {
        let store = try Store.open(engine: MemoryEngine(), options: options())
        for name in ["a", "b", "c"] { try await store.put(key(name)) }
        let objects = try store.events(after: MemoryEngine.firstRevision).map(\.object)
        while store.releaseTrees(through: store.current.revision, limit: 2) {}
        try await store.put(key("d"))
        #expect(objects.allSatisfy { $0.isDecoded })
        _ = objects[1].value
        while store.dropUnusedTrees(through: objects[2].revision, limit: 2) {}
        #expect(objects.map(\.isDecoded) == [false, true, false])
        #expect(store.current.object(key("d"))?.isDecoded == true)
        // Unlike those of replaced versions, they come back.
        #expect(objects[0].value.name == "x")
        #expect(objects[0].isDecoded)
        await store.close()
    }

    @Test func aFaultIsReportedWhenItBeginsOnceAMinuteAndWhenItIsOver() {
        let time = Mutex(SuspendingClock.now)
        let seen = Mutex<[String]>([])
        let faults = StorageFaults(now: { time.withLock { $0 } }) { fault in
            seen.withLock { $0.append("\(fault.kind) \(fault.message) \(fault.isOver) \(fault.count)") }
        }
        func take() -> [String] {
            seen.withLock { seen in
                defer { seen = [] }; return seen
            }
        }
        faults.clear(.commit)
        for _ in 0..<5 { faults.note(.commit, "full") }
        #expect(take() == ["commit full false 1"])
        faults.note(.commit, "broken")
        faults.note(.commit, "full")
        #expect(take() == ["commit broken false 5"])
        #expect(faults[.commit] == "full" && faults[.disk] == nil)
        time.withLock { $0 += .seconds(61) }
        faults.note(.commit, "full")
        #expect(take() == ["commit full false 2"])
        faults.clear(.disk)
        faults.clear(.commit)
        faults.clear(.commit)
        #expect(take() == ["commit full true 0"])
        #expect(faults[.commit] == nil)
        // However many kinds of message there are, they do not all come.
        for number in 0..<100 { faults.note(.commit, "\(number)") }
        #expect(take().count == 9)
    }

    @Test(arguments: [
        (63 << 20, 100 << 30, true), (64 << 20, 100 << 30, false), (1 << 20, 6 << 20, false), (1 << 18, 6 << 20, true),
    ])
    func littleRoomOnTheDiskIsAFault(free: Int, total: Int, isFault: Bool) {
        let fault = DiskSpace.fault(free: UInt64(free), total: UInt64(total), folder: "/data")
        #expect((fault != nil) == isFault)
    }

    @Test func treesThatNobodyUsesAreGivenUpUntilSomebodyDoes() async throws {
        let store = try Store.open(engine: MemoryEngine())
        let key = ObjectKey(GroupResource(group: "", resource: "configmaps"), namespace: "ns", name: "a")
        let document = Document(["metadata": ["name": "a", "namespace": "ns"], "data": ["k": "v"]])
        let made = try await store.commit(Transaction(conditions: [], operations: [.put(key, document)]))
        let object = try #require(made.objects.first)
        store.current.ageTrees()
        #expect(object.isDecoded)
        #expect(object.value.at("data", "k") == "v")
        store.current.ageTrees()
        #expect(object.isDecoded)
        store.current.ageTrees()
        #expect(!object.isDecoded)
        #expect(object.value.at("data", "k") == "v")
        #expect(object.value.resourceVersion == made.revision)
        #expect(object.isDecoded)
        object.releaseTree()
        store.current.ageTrees()
        store.current.ageTrees()
        _ = object.value
        #expect(!object.isDecoded)
    }
}
