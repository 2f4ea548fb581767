package import FairleadModel

/// Everything as it was after one commit. Immutable: it may be kept and read for as long as one likes, by any thread.
package struct Snapshot: Sendable {
    package internal(set) var revision: Int64
    var indexes: [GroupResource: ObjectIndex]
    /// Keys that are taken by something that cannot be read: no list has them, no watch tells of them, and they can only
    /// be deleted. Almost always empty.
    package internal(set) var damaged: [ObjectKey: DamagedVersion] = [:]

    /// What an engine holds.
    init(_ state: EngineState) {
        var grouped: [GroupResource: [StoredObject]] = [:]
        for version in state.objects { grouped[version.key.resource, default: []].append(version.object) }
        revision = state.revision
        indexes = grouped.mapValues { objects in ObjectIndex(sorted: objects.sorted { $0.key < $1.key }) }
        for damage in state.damaged where damage.isCurrent { damaged[damage.key] = damage }
    }

    /// Whether something may be created there.
    package func isFree(_ key: ObjectKey) -> Bool {
        object(key) == nil && (damaged.isEmpty || damaged[key] == nil)
    }

    package func object(_ key: ObjectKey) -> StoredObject? {
        indexes[key.resource]?.object(namespace: key.namespace, name: key.name)
    }

    /// The objects of a resource in order of namespace and name.
    ///
    /// - Parameters:
    ///   - namespace: nil for all.
    ///   - after: leaves out everything up to and including this one.
    package func objects(
        _ resource: GroupResource, namespace: String?, after: (namespace: String, name: String)? = nil
    ) -> ObjectSlice {
        let index = indexes[resource] ?? ObjectIndex()
        var start =
            namespace.map { index.lowerBound(namespace: $0, name: "") } ?? .start
        if let after {
            // The smallest key after a name is the name followed by the smallest character.
            let next = index.lowerBound(namespace: after.namespace, name: after.name + "\u{0}")
            // A place before the namespace leaves all of it, one after the namespace nothing.
            if namespace.map({ !after.namespace.isBefore($0) }) ?? true { start = next }
        }
        return ObjectSlice(index: index, start: start, namespace: namespace)
    }

    package func count(_ resource: GroupResource, namespace: String?) -> Int {
        guard let index = indexes[resource] else { return 0 }
        guard let namespace else { return index.count }
        // No text lies between a namespace and the same followed by the smallest character.
        return index.distance(
            from: index.lowerBound(namespace: namespace, name: ""),
            to: index.lowerBound(namespace: namespace + "\u{0}", name: ""))
    }

    /// Gives up the trees that nobody has used since the last time.
    func ageTrees() {
        for index in indexes.values {
            for object in ObjectSlice(index: index, start: .start, namespace: nil) { object.ageTree() }
        }
    }

    /// The resources that have, or had, objects.
    package var resources: [GroupResource] { Array(indexes.keys) }

    /// Puts the object that `make` makes of the one that is there, if any, in its place; returns both.
    mutating func put(
        _ key: ObjectKey, _ make: (StoredObject?) -> StoredObject
    ) -> (old: StoredObject?, new: StoredObject) {
        if !damaged.isEmpty { damaged[key] = nil }
        return indexes[key.resource, default: ObjectIndex()].put(key, make)
    }

    /// Takes the object away and returns it; nil if there is none.
    mutating func remove(_ key: ObjectKey) -> StoredObject? {
        if !damaged.isEmpty { damaged[key] = nil }
        return indexes[key.resource]?.remove(namespace: key.namespace, name: key.name)
    }
}

/// A run of objects of one snapshot.
package struct ObjectSlice: Sequence, Sendable {
    let index: ObjectIndex
    let start: ObjectIndex.Position
    let namespace: String?

    /// How many objects these are, without looking at them.
    package var count: Int {
        // No text lies between a namespace and the same followed by the smallest character.
        let end = namespace.map { index.lowerBound(namespace: $0 + "\u{0}", name: "") } ?? index.end
        return Swift.max(0, index.distance(from: start, to: end))
    }

    package func makeIterator() -> Iterator { Iterator(index: index, position: start, namespace: namespace) }

    package struct Iterator: IteratorProtocol {
        let index: ObjectIndex
        var position: ObjectIndex.Position
        let namespace: String?

        package mutating func next() -> StoredObject? {
            guard let object = index[position] else { return nil }
            if let namespace, object.key.namespace != namespace { return nil }
            position = index.position(after: position)
            return object
        }
    }
}
