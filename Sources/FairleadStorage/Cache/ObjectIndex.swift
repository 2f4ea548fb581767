import FairleadModel
import Synchronization

/// The objects of one resource in list order, as a value: a copy costs nothing, and a change copies only the chunk it
/// touches, the group that holds the chunk and the list of groups, so that earlier snapshots stay as they were.
struct ObjectIndex: Sendable {
    /// Consecutive chunks, each sorted. None is empty, and there is at least one.
    private struct Group: Sendable {
        var chunks: [[StoredObject]]
        /// The number of objects in all chunks.
        var count: Int

        init(_ chunks: [[StoredObject]]) {
            self.chunks = chunks
            count = chunks.reduce(0) { $0 + $1.count }
        }
    }

    private var groups: [Group] = []
    private(set) var count = 0
    /// Another number after each change: two indexes with the same one hold the same. 0 for one that never held anything.
    private(set) var edition: UInt64 = 0

    private static let editions = Atomic<UInt64>(0)
    private static func nextEdition() -> UInt64 { editions.add(1, ordering: .relaxed).newValue }

    /// The most objects in a chunk, and chunks in a group: each is split when it grows beyond this. Changing one object
    /// among a hundred thousand copies about as many references as three chunks hold.
    private static let limit = 64

    init() {}

    /// - Parameter objects: sorted by namespace and name.
    init(sorted objects: [StoredObject]) {
        count = objects.count
        edition = Self.nextEdition()
        groups = objects.pieces(of: Self.limit / 2).pieces(of: Self.limit / 2).map { Group($0) }
    }

    /// Where an object is or belongs. A place between two chunks is the start of the later one.
    struct Position: Sendable, Equatable {
        var group: Int
        var chunk: Int
        var offset: Int

        static let start = Position(group: 0, chunk: 0, offset: 0)
    }

    func object(namespace: String, name: String) -> StoredObject? {
        let found = lowerBound(namespace: namespace, name: name)
        guard let object = self[found], !Self.isOther(object, namespace, name) else { return nil }
        return object
    }

    /// The object at this position, or nil past the end.
    subscript(position: Position) -> StoredObject? {
        guard position.group < groups.count else { return nil }
        return groups[position.group].chunks[position.chunk][position.offset]
    }

    func position(after position: Position) -> Position {
        guard position.group < groups.count else { return position }
        return settled(Position(group: position.group, chunk: position.chunk, offset: position.offset + 1))
    }

    /// The first object that is not before namespace and name.
    func lowerBound(namespace: String, name: String) -> Position {
        func isBefore(_ object: StoredObject) -> Bool { object.key.isBefore(namespace: namespace, name: name) }
        // The last group whose first object comes before the key, then the last such chunk in it, then the place in the
        // chunk.
        let group = groups.partitionPoint { isBefore($0.chunks[0][0]) } - 1
        guard group >= 0 else { return .start }
        let chunks = groups[group].chunks
        let chunk = chunks.partitionPoint { isBefore($0[0]) } - 1
        return settled(Position(group: group, chunk: chunk, offset: chunks[chunk].partitionPoint(isBefore)))
    }

    /// Turns a place past the end of a chunk into the start of the next one.
    private func settled(_ position: Position) -> Position {
        let chunks = groups[position.group].chunks
        if position.offset < chunks[position.chunk].count { return position }
        if position.chunk + 1 < chunks.count {
            return Position(group: position.group, chunk: position.chunk + 1, offset: 0)
        }
        return Position(group: position.group + 1, chunk: 0, offset: 0)
    }

    /// How many objects lie from one position to another.
    func distance(from start: Position, to end: Position) -> Int { number(of: end) - number(of: start) }

    /// How many objects come before the position.
    private func number(of position: Position) -> Int {
        var number = position.offset
        for group in groups[..<position.group] { number += group.count }
        guard position.group < groups.count else { return number }
        for chunk in groups[position.group].chunks[..<position.chunk] { number += chunk.count }
        return number
    }

    var end: Position { Position(group: groups.count, chunk: 0, offset: 0) }

    /// Replaces the object stored under the key, if any, with what `make` returns for it; returns both.
    mutating func put(
        _ key: ObjectKey, _ make: (StoredObject?) -> StoredObject
    ) -> (old: StoredObject?, new: StoredObject) {
        let found = lowerBound(namespace: key.namespace, name: key.name)
        edition = Self.nextEdition()
        if let old = self[found], old.key == key {
            let new = make(old)
            groups[found.group].chunks[found.chunk][found.offset] = new
            return (old, new)
        }
        let new = make(nil)
        add(new, at: found)
        return (nil, new)
    }

    private mutating func add(_ object: StoredObject, at found: Position) {
        count += 1
        if groups.isEmpty {
            groups.append(Group([[object]]))
            return
        }
        // A key that belongs between two chunks goes to the end of the earlier one.
        var (group, chunk, offset) = (found.group, found.chunk, found.offset)
        if offset == 0, found != .start {
            if chunk == 0 {
                group -= 1
                chunk = groups[group].chunks.count
            }
            chunk -= 1
            offset = groups[group].chunks[chunk].count
        }
        groups[group].count += 1
        groups[group].chunks[chunk].insert(object, at: offset)
        guard groups[group].chunks[chunk].count > Self.limit else { return }
        let upper = groups[group].chunks[chunk].removeUpperHalf()
        groups[group].chunks.insert(upper, at: chunk + 1)
        guard groups[group].chunks.count > Self.limit else { return }
        let later = Group(groups[group].chunks.removeUpperHalf())
        groups[group].count -= later.count
        groups.insert(later, at: group + 1)
    }

    /// Removes the object and returns it; nil if there is none.
    @discardableResult
    mutating func remove(namespace: String, name: String) -> StoredObject? {
        let found = lowerBound(namespace: namespace, name: name)
        guard let old = self[found], !Self.isOther(old, namespace, name) else { return nil }
        count -= 1
        edition = Self.nextEdition()
        groups[found.group].count -= 1
        groups[found.group].chunks[found.chunk].remove(at: found.offset)
        if groups[found.group].chunks[found.chunk].isEmpty { groups[found.group].chunks.remove(at: found.chunk) }
        if groups[found.group].chunks.isEmpty { groups.remove(at: found.group) }
        return old
    }

    private static func isOther(_ object: StoredObject, _ namespace: String, _ name: String) -> Bool {
        ObjectKey(object.key.resource, namespace: namespace, name: name) != object.key
    }
}

extension Array {
    fileprivate func pieces(of size: Int) -> [[Element]] {
        stride(from: 0, to: count, by: size).map { Array(self[$0..<Swift.min($0 + size, count)]) }
    }

    fileprivate mutating func removeUpperHalf() -> [Element] {
        let upper = Array(self[(count / 2)...])
        removeLast(upper.count)
        return upper
    }
}
