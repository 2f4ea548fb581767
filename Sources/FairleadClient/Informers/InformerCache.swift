import FairleadModel

/// The objects of one resource by namespace and name, with indexes. A pure value, guarded by the informer.
struct InformerCache: Sendable {
    typealias IndexFunction = @Sendable (StoredObject) -> [String]

    private struct Index: Sendable {
        let name: String
        var function: IndexFunction
        /// Sorted by name: an entry costs one reference, and is found without hashing.
        private(set) var entries: [String: [StoredObject]] = [:]

        init(name: String, function: @escaping IndexFunction) {
            self.name = name
            self.function = function
        }

        mutating func insert(_ object: StoredObject) {
            for key in function(object) { put(object, under: key) }
        }

        mutating func remove(_ object: StoredObject) {
            for key in function(object) { remove(object, under: key) }
        }

        mutating func replace(_ old: StoredObject, by new: StoredObject) {
            let (before, after) = (function(old), function(new))
            if before != after {
                // An object may have a hundred thousand keys, such as its labels.
                let kept = Set(after)
                for key in before where !kept.contains(key) { remove(old, under: key) }
            }
            for key in after { put(new, under: key) }
        }

        private mutating func put(_ object: StoredObject, under key: String) {
            entries[key, default: []].withPlace(of: object) { objects, place, isThere in
                if isThere { objects[place] = object } else { objects.insert(object, at: place) }
            }
        }

        private mutating func remove(_ object: StoredObject, under key: String) {
            entries[key]?.withPlace(of: object) { objects, place, isThere in
                if isThere { objects.remove(at: place) }
            }
            if entries[key]?.isEmpty == true { entries[key] = nil }
        }
    }

    private var namespaces: [String: [String: StoredObject]] = [:]
    /// Only a handful, changed in place: a dictionary whose values change while it is being iterated would be copied.
    private var indexes: [Index] = []
    private(set) var count = 0

    func object(_ namespace: String, _ name: String) -> StoredObject? { namespaces[namespace]?[name] }

    func objects(in namespace: String?) -> [StoredObject] {
        guard let namespace else {
            var all: [StoredObject] = []
            all.reserveCapacity(count)
            for objects in namespaces.values { all.append(contentsOf: objects.values) }
            return all
        }
        return namespaces[namespace].map { Array($0.values) } ?? []
    }

    func indexed(_ index: String, _ key: String) -> [StoredObject] {
        indexes.first { $0.name == index }?.entries[key] ?? []
    }

    func keys(of index: String) -> [String] {
        indexes.first { $0.name == index }.map { Array($0.entries.keys) } ?? []
    }

    func hasIndex(_ name: String) -> Bool { indexes.contains { $0.name == name } }

    mutating func addIndex(_ name: String, _ function: @escaping IndexFunction) {
        var index = Index(name: name, function: function)
        for object in objects(in: nil) { index.insert(object) }
        indexes.append(index)
    }

    /// Inserts the object and returns the change, or nil if this version (or a newer one) is already there.
    ///
    /// - Parameter isListed: whether it comes from a list, which is right even where it is older: a server may have been
    ///   reset, or restored from a backup.
    mutating func put(_ object: StoredObject, isListed: Bool = false) -> ObjectChange? {
        let key = object.key
        let old = namespaces[key.namespace, default: [:]].updateValue(object, forKey: key.name)
        if let old {
            let isNews =
                isListed
                ? old.revision != object.revision || old.value.uid != object.value.uid
                : old.revision < object.revision
            guard isNews else {
                namespaces[key.namespace]?[key.name] = old
                return nil
            }
            for position in indexes.indices { indexes[position].replace(old, by: object) }
        } else {
            count += 1
            for position in indexes.indices { indexes[position].insert(object) }
        }
        return ObjectChange(old: old, new: object)
    }

    /// Removes the object. `final` is its last version, if known.
    mutating func remove(_ key: ObjectKey, final: StoredObject?) -> ObjectChange? {
        guard let old = namespaces[key.namespace]?.removeValue(forKey: key.name) else { return nil }
        if namespaces[key.namespace]?.isEmpty == true { namespaces[key.namespace] = nil }
        count -= 1
        for position in indexes.indices { indexes[position].remove(old) }
        return ObjectChange(old: final ?? old, new: nil)
    }

    /// Replaces the contents with those of a list; returns the changes, deletions first.
    mutating func replace(_ objects: [StoredObject]) -> [ObjectChange] {
        var changes: [ObjectChange] = []
        var present: Set<ObjectName> = []
        present.reserveCapacity(objects.count)
        for object in objects { present.insert(object.objectName) }
        for object in self.objects(in: nil) where !present.contains(object.objectName) {
            if let change = remove(object.key, final: nil) { changes.append(change) }
        }
        for object in objects {
            if let change = put(object, isListed: true) { changes.append(change) }
        }
        return changes
    }
}

extension [StoredObject] {
    /// Finds where the object of this name is, or belongs, in a list sorted by name.
    fileprivate mutating func withPlace(
        of object: StoredObject, _ body: (inout Self, _ place: Int, _ isThere: Bool) -> Void
    ) {
        let key = object.key
        let place = partitionPoint { $0.key.isBefore(namespace: key.namespace, name: key.name) }
        body(&self, place, place < count && self[place].key == key)
    }
}
