import DequeModule
import FairleadModel

/// The recent events of one resource, in chunks: copying the ring costs nothing, and a change after that copies one
/// chunk and the list of chunks, never the whole history.
struct EventRing: Sendable {
    /// Full except for the first, which may have lost its beginning, and the last.
    private var chunks: Deque<[StoreEvent]> = []
    /// The number of the first event in the ring, counted from the very first event.
    private(set) var base: Int
    private(set) var count = 0

    private static let chunkSize = 256

    /// - Parameter base: the number that the first event gets.
    init(base: Int = 0) { self.base = base }

    var end: Int { base + count }

    mutating func append(_ event: StoreEvent) {
        count += 1
        if let last = chunks.indices.last, chunks[last].count < Self.chunkSize {
            chunks[last].append(event)
        } else {
            chunks.append([event])
        }
    }

    /// Removes events at or before the revision; returns them, to be freed where nobody waits.
    mutating func dropEvents(through revision: Int64) -> [[StoreEvent]] {
        var dropped: [[StoreEvent]] = []
        while let chunk = chunks.first, let oldest = chunk.first, oldest.revision <= revision {
            let keep = Self.firstIndex(in: chunk, after: revision)
            base += keep
            count -= keep
            chunks.removeFirst()
            dropped.append(chunk)
            if keep < chunk.count { chunks.prepend(Array(chunk[keep...])) }
        }
        return dropped
    }

    /// The number of the first event after the revision.
    func firstIndex(after revision: Int64) -> Int {
        let place = place(after: revision)
        return number(of: place.chunk) + place.offset
    }

    /// Events from a number on: at most `maximum`, plus those that belong to the last one's transaction.
    func slice(from index: Int, maximum: Int) -> [StoreEvent] {
        let total = min(end - index, maximum)
        guard total > 0 else { return [] }
        var events: [StoreEvent] = []
        events.reserveCapacity(total)
        var (chunk, offset) = place(of: index)
        while events.count < total {
            events += chunks[chunk][offset...].prefix(total - events.count)
            chunk += 1
            offset = 0
        }
        while index + events.count < end, let last = events.last {
            let (chunk, offset) = place(of: index + events.count)
            let next = chunks[chunk][offset]
            guard next.revision == last.revision else { break }
            events.append(next)
        }
        return events
    }

    /// The events with these numbers, which ascend: at most `maximum`, plus those that belong to the last one's transaction.
    func events(_ numbers: some Sequence<Int>, maximum: Int) -> [StoreEvent] {
        var events: [StoreEvent] = []
        for number in numbers {
            let (chunk, offset) = place(of: number)
            let event = chunks[chunk][offset]
            if events.count >= maximum, event.revision != events.last?.revision { break }
            events.append(event)
        }
        return events
    }

    /// The events after a revision, newest first.
    func reversed(after revision: Int64) -> [StoreEvent] {
        let start = firstIndex(after: revision)
        return slice(from: start, maximum: end - start).reversed()
    }

    // MARK: - chunks

    /// The number of a chunk's first event.
    private func number(of chunk: Int) -> Int {
        chunk == 0 ? base : base + chunks[0].count + (chunk - 1) * Self.chunkSize
    }

    private func place(of index: Int) -> (chunk: Int, offset: Int) {
        let offset = index - base
        if offset < chunks[0].count { return (0, offset) }
        let rest = offset - chunks[0].count
        return (1 + rest / Self.chunkSize, rest % Self.chunkSize)
    }

    private func place(after revision: Int64) -> (chunk: Int, offset: Int) {
        // The last chunk that begins at or before the revision, then the place in it.
        let next = chunks.partitionPoint { $0[0].revision <= revision }
        guard next > 0 else { return (0, 0) }
        return (next - 1, Self.firstIndex(in: chunks[next - 1], after: revision))
    }

    private static func firstIndex(in chunk: [StoreEvent], after revision: Int64) -> Int {
        chunk.partitionPoint { $0.revision <= revision }
    }
}
