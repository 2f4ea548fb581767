package import FairleadModel

/// Everything as it was after one commit. Immutable: any thread may keep and read it for as long as it likes.
package struct Snapshot: Sendable {
    package internal(set) var revision: Int64
    var indexes: [GroupResource: ObjectIndex]
    /// Keys held by a version that cannot be read: they appear in no list and no watch, and can only be deleted. Almost
    /// always empty.
    package internal(set) var damaged: [ObjectKey: DamagedVersion] = [:]

    /// - Parameter state: what the engine holds.
    init(_ state: EngineState) {
        var grouped: [GroupResource: [StoredObject]] = [:]
        for version in state.objects { grouped[version.key.resource, default: []].append(version.object) }
        revision = state.revision
        indexes = grouped.mapValues { objects in ObjectIndex(sorted: objects.sorted { $0.key < $1.key }) }
        for damage in state.damaged where damage.isCurrent { damaged[damage.key] = damage }
    }

    /// Whether an object may be created under the key.
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
            // If `after` sorts before the namespace, all of it follows; if it sorts after the namespace, nothing does.
            if namespace.map({ !after.namespace.isBefore($0) }) ?? true { start = next }
        }
        return ObjectSlice(index: index, start: start, namespace: namespace)
    }

    package func count(_ resource: GroupResource, namespace: String?) -> Int {
        guard let index = indexes[resource] else { return 0 }
        guard let namespace else { return index.count }
        // No string sorts between a namespace and the same namespace followed by the smallest character.
        return index.distance(
            from: index.lowerBound(namespace: namespace, name: ""),
            to: index.lowerBound(namespace: namespace + "\u{0}", name: ""))
    }

    /// A number that differs from that of every other state of a resource's objects in this process: what has been made
    /// of the objects is still right as long as it is the same.
    package func edition(of resource: GroupResource) -> UInt64 { indexes[resource]?.edition ?? 0 }

    /// Gives up the decoded trees that nobody has used since the last call.
    func ageTrees() {
        for index in indexes.values {
            for object in ObjectSlice(index: index, start: .start, namespace: nil) { object.ageTree() }
        }
    }

    /// The resources that have, or had, objects.
    package var resources: [GroupResource] { Array(indexes.keys) }

    /// Replaces the object stored under the key, if any, with what `make` returns for it; returns both.
    mutating func put(
        _ key: ObjectKey, _ make: (StoredObject?) -> StoredObject
    ) -> (old: StoredObject?, new: StoredObject) {
        if !damaged.isEmpty { damaged[key] = nil }
        return indexes[key.resource, default: ObjectIndex()].put(key, make)
    }

    /// Removes the object and returns it; nil if there is none.
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

    /// How many objects these are, counted without visiting them.
    package var count: Int {
        // No string sorts between a namespace and the same namespace followed by the smallest character.
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
