import FairleadModel

/// The objects of one resource in the order of lists, as a value: a copy costs nothing, and a change copies only the
/// chunk it touches and the list of chunks, so that every snapshot stays as it was.
struct ObjectIndex: Sendable {
    /// Never empty chunks, each in order; every object of a chunk comes before those of the next.
    private var chunks: [[StoredObject]] = []
    private(set) var count = 0

    /// A chunk is split when it grows beyond this. Copying one must stay cheap, and so must the list of them, which a
    /// batch of commits copies once.
    private static let chunkLimit = 64

    init() {}

    /// - Parameter objects: in order of namespace and name.
    init(sorted objects: [StoredObject]) {
        count = objects.count
        var start = 0
        while start < objects.count {
            let end = min(start + Self.chunkLimit / 2, objects.count)
            chunks.append(Array(objects[start..<end]))
            start = end
        }
    }

    struct Position: Sendable, Equatable {
        var chunk: Int
        var offset: Int
    }

    func object(namespace: String, name: String) -> StoredObject? {
        let found = lowerBound(namespace: namespace, name: name)
        guard let object = self[found], !Self.isOther(object, namespace, name) else { return nil }
        return object
    }

    /// The object there, or nil past the end.
    subscript(position: Position) -> StoredObject? {
        guard position.chunk < chunks.count, position.offset < chunks[position.chunk].count else { return nil }
        return chunks[position.chunk][position.offset]
    }

    func position(after position: Position) -> Position {
        guard position.chunk < chunks.count else { return position }
        if position.offset + 1 < chunks[position.chunk].count {
            return Position(chunk: position.chunk, offset: position.offset + 1)
        }
        return Position(chunk: position.chunk + 1, offset: 0)
    }

    /// The first object that is not before namespace and name.
    func lowerBound(namespace: String, name: String) -> Position {
        // The last chunk whose first object is not after the key, then inside of it.
        let next = chunks.partitionPoint { Self.isBefore($0[0], namespace, name) }
        guard next > 0 else { return Position(chunk: 0, offset: 0) }
        let offset = chunks[next - 1].partitionPoint { Self.isBefore($0, namespace, name) }
        return offset < chunks[next - 1].count
            ? Position(chunk: next - 1, offset: offset) : Position(chunk: next, offset: 0)
    }

    /// How many objects lie from one position to another.
    func distance(from start: Position, to end: Position) -> Int {
        if start.chunk == end.chunk { return end.offset - start.offset }
        guard start.chunk < chunks.count else { return 0 }
        var total = chunks[start.chunk].count - start.offset + end.offset
        for chunk in (start.chunk + 1)..<max(end.chunk, start.chunk + 1) { total += chunks[chunk].count }
        return total
    }

    var end: Position { Position(chunk: chunks.count, offset: 0) }

    /// Puts the object that `make` makes of the one that is there, if any, in its place; returns both.
    mutating func put(
        _ key: ObjectKey, _ make: (StoredObject?) -> StoredObject
    ) -> (old: StoredObject?, new: StoredObject) {
        let found = lowerBound(namespace: key.namespace, name: key.name)
        if let old = self[found], old.key == key {
            let new = make(old)
            chunks[found.chunk][found.offset] = new
            return (old, new)
        }
        let new = make(nil)
        add(new, at: found)
        return (nil, new)
    }

    private mutating func add(_ object: StoredObject, at found: Position) {
        count += 1
        if chunks.isEmpty {
            chunks.append([object])
            return
        }
        // A key that belongs between two chunks goes to the end of the earlier one.
        var place = found
        if place.offset == 0, place.chunk > 0 {
            place = Position(chunk: place.chunk - 1, offset: chunks[place.chunk - 1].count)
        }
        chunks[place.chunk].insert(object, at: place.offset)
        if chunks[place.chunk].count > Self.chunkLimit {
            let tail = Array(chunks[place.chunk][(Self.chunkLimit / 2)...])
            chunks[place.chunk].removeLast(tail.count)
            chunks.insert(tail, at: place.chunk + 1)
        }
    }

    /// Takes the object away and returns it; nil if there is none.
    @discardableResult
    mutating func remove(namespace: String, name: String) -> StoredObject? {
        let found = lowerBound(namespace: namespace, name: name)
        guard let old = self[found], !Self.isOther(old, namespace, name) else { return nil }
        chunks[found.chunk].remove(at: found.offset)
        if chunks[found.chunk].isEmpty { chunks.remove(at: found.chunk) }
        count -= 1
        return old
    }

    private static func isBefore(_ object: StoredObject, _ namespace: String, _ name: String) -> Bool {
        object.key.isBefore(namespace: namespace, name: name)
    }

    private static func isOther(_ object: StoredObject, _ namespace: String, _ name: String) -> Bool {
        ObjectKey(object.key.resource, namespace: namespace, name: name) != object.key
    }
}
