import FairleadClient
import FairleadModel
import FairleadStorage

/// Deletes Events some time after they were last written (kube-apiserver's `--event-ttl`, for which etcd deletes them
/// by lease): regardless of finalizers, directly in the store, and seen by watchers as deletions.
///
/// All Events live equally long, so they expire in the order in which they were written: the queue is only examined at
/// its front, and is fed from the history of Events. After a restart, the Events themselves tell when they were
/// written.
struct EventExpiry: Sendable {
    private let store: Store
    private let timeToLive: Duration
    private let clock: any DelayClock
    private let now: @Sendable () -> Timestamp

    static let resource = GroupResource(group: "", resource: "events")

    /// How many Events are deleted in one transaction, and so under one revision.
    private static let batch = 64

    init(
        store: Store, timeToLive: Duration, clock: any DelayClock = SystemDelayClock(),
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.store = store
        self.timeToLive = timeToLive
        self.clock = clock
        self.now = now
    }

    /// Runs until the task is cancelled.
    func run() async {
        var queue = ExpiryQueue()
        var cursor = await load(into: &queue)
        while !Task.isCancelled {
            if !follow(&cursor, into: &queue) { cursor = await load(into: &queue) }
            await expire(&queue)
            let soon = queue.nextDeadline.map { max($0 - clock.now, .zero) } ?? Self.longestPause
            await clock.sleep(for: max(min(soon, Self.longestPause, timeToLive / 10), Self.shortestPause))
        }
    }

    /// The maximum delay of a deletion, and the minimum time between two passes.
    private static let longestPause = Duration.seconds(10)
    private static let shortestPause = Duration.milliseconds(100)

    /// Loads all Events. Those already known keep their deadline.
    private func load(into queue: inout ExpiryQueue) async -> WatchCursor? {
        let snapshot = store.current
        let known = queue.deadlines
        var entries: [ExpiryQueue.Entry] = []
        let (time, wallTime) = (clock.now, now())
        for (number, object) in snapshot.objects(Self.resource, namespace: nil).enumerated() {
            let version = ExpiryQueue.Version(key: object.key, revision: object.revision)
            let deadline = known[version] ?? time + timeToLive - Self.age(of: object, at: wallTime)
            entries.append(ExpiryQueue.Entry(deadline: deadline, version: version))
            // There may be very many Events, and each is decoded.
            if number % 256 == 255 { await Task.yield() }
        }
        queue = ExpiryQueue(entries)
        // History only fails to reach back a moment if it is being cut hard: what is missed then is found by the next
        // load.
        return try? store.watch(Self.resource, after: snapshot.revision)
    }

    /// Adds what has been written since the last call.
    /// - Returns: false if history no longer reaches back to the last call.
    private func follow(_ cursor: inout WatchCursor?, into queue: inout ExpiryQueue) -> Bool {
        let deadline = clock.now + timeToLive
        do throws(StorageError) {
            while true {
                guard let batch = try cursor?.next(maximum: 512) else { return false }
                for event in batch.events where !event.isDeletion {
                    queue.append(
                        .init(deadline: deadline, version: .init(key: event.object.key, revision: event.revision)))
                }
                if batch.atEnd { break }
            }
        } catch {
            return false
        }
        let snapshot = store.current
        queue.dropStale(beyond: 2 * snapshot.count(Self.resource, namespace: nil) + 1024) { version in
            snapshot.object(version.key)?.revision == version.revision
        }
        return true
    }

    /// Deletes Events that are due. An Event that has been written again has a later entry in the queue.
    private func expire(_ queue: inout ExpiryQueue) async {
        while !Task.isCancelled {
            let snapshot = store.current
            let due = queue.due(at: clock.now, limit: Self.batch)
            if due.isEmpty { return }
            var doomed = due.filter { snapshot.object($0.key)?.revision == $0.revision }
            while !doomed.isEmpty {
                do throws(StorageError) {
                    _ = try await store.commit(Self.deletion(of: doomed))
                    break
                } catch {
                    // Storage reports its own failures; the Events stay until it works again.
                    guard case .conflict(let key, _) = error else { return }
                    doomed.removeAll { $0.key == key }
                }
            }
            queue.removeFirst(due.count)
        }
    }

    private static func deletion(of versions: [ExpiryQueue.Version]) -> Transaction {
        Transaction(
            conditions: versions.map { .init(key: $0.key, revision: $0.revision) },
            operations: versions.map { .delete($0.key) })
    }

    /// The time since the Event was last written, according to the server's own timestamps in it. Without timestamps,
    /// or with timestamps in the future, it counts as new.
    ///
    /// The bytes are decoded here, so that no tree stays in memory with an object that nobody asks for.
    static func age(of object: StoredObject, at time: Timestamp) -> Duration {
        guard let metadata = (try? JSON.parseStored(object.bytes))?["metadata"]
        else { return .zero }
        let times = [metadata["creationTimestamp"]] + (metadata["managedFields"]?.array ?? []).map { $0["time"] }
        let written = times.compactMap { $0?.string.flatMap { Timestamp(rfc3339: $0) } }.max()
        guard let written, written < time else { return .zero }
        return .seconds(min(time.since(written), 1e9))
    }
}

/// Versions of Events, ordered by expiry.
struct ExpiryQueue: Sendable {
    struct Version: Hashable, Sendable {
        var key: ObjectKey
        var revision: Int64
    }

    struct Entry: Sendable {
        /// The time of a monotonic clock.
        var deadline: Duration
        var version: Version
    }

    private var entries: [Entry] = []
    /// Entries before this index have been removed.
    private var head = 0

    init() {}

    init(_ entries: [Entry]) { self.entries = entries.sorted { $0.deadline < $1.deadline } }

    var count: Int { entries.count - head }
    var nextDeadline: Duration? { head < entries.count ? entries[head].deadline : nil }

    var deadlines: [Version: Duration] {
        Dictionary(entries[head...].map { ($0.version, $0.deadline) }) { max($0, $1) }
    }

    /// - Parameter entry: must not expire sooner than the existing entries.
    mutating func append(_ entry: Entry) { entries.append(entry) }

    /// The first entries that are due.
    func due(at time: Duration, limit: Int) -> [Version] {
        entries[head...].prefix(limit).prefix { $0.deadline <= time }.map(\.version)
    }

    mutating func removeFirst(_ count: Int) {
        head += count
        guard head > 1024, head > entries.count / 2 else { return }
        entries.removeFirst(head)
        head = 0
    }

    /// An Event that is written repeatedly leaves a stale entry each time.
    mutating func dropStale(beyond limit: Int, isCurrent: (Version) -> Bool) {
        guard count > limit else { return }
        entries = entries[head...].filter { isCurrent($0.version) }
        head = 0
    }
}
