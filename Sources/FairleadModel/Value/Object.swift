/// The members of a JSON object, kept sorted by key, bytewise.
///
/// Sorting makes equality, diffs and output deterministic, and look-ups in small objects, as most API types have, cost
/// a few comparisons without hashing. Keys are unique.
package struct Object: Sendable, Hashable {
    package struct Member: Sendable, Hashable {
        package let key: String
        package var value: Value

        package init(key: String, value: Value) {
            self.key = key
            self.value = value
        }

        package static func == (left: Member, right: Member) -> Bool {
            left.key.isSameBytes(as: right.key) && left.value == right.value
        }
    }

    package private(set) var members: [Member] = []

    package init() {}

    /// Builds an object from pairs in any order; of pairs with the same key, the last one wins.
    package init(_ pairs: some Sequence<(String, Value)>) {
        var members = pairs.map { Member(key: $0.0, value: $0.1) }
        _ = Self.sort(&members)
        self.members = members
    }

    /// Wraps members that the caller guarantees to be sorted and unique (the JSON parser).
    package init(sortedUnique members: [Member]) { self.members = members }

    package var count: Int { members.count }
    package var isEmpty: Bool { members.isEmpty }
    package var keys: some Sequence<String> { members.lazy.map(\.key) }

    package subscript(key: String) -> Value? {
        get {
            guard let place = place(of: key) else { return nil }
            return members[place].value
        }
        set {
            let position = position(of: key)
            switch (position.found, newValue) {
            case (true, let value?): members[position.index].value = value
            case (true, nil): members.remove(at: position.index)
            case (false, let value?): members.insert(Member(key: key, value: value), at: position.index)
            case (false, nil): break
            }
        }
        _modify {
            let position = position(of: key)
            var slot: Value?
            if position.found {
                slot = members[position.index].value
                members[position.index].value = .null  // keeps the value uniquely referenced while it changes
            }
            defer {
                switch (position.found, slot) {
                case (true, let value?): members[position.index].value = value
                case (true, nil): members.remove(at: position.index)
                case (false, let value?): members.insert(Member(key: key, value: value), at: position.index)
                case (false, nil): break
                }
            }
            yield &slot
        }
    }

    /// Removes and returns the member, or returns nil.
    @discardableResult
    package mutating func removeValue(forKey key: String) -> Value? {
        let position = position(of: key)
        return position.found ? members.remove(at: position.index).value : nil
    }

    /// Changes every value in place; keys stay as they are.
    package mutating func mapValues(_ transform: (String, inout Value) throws -> Void) rethrows {
        for index in members.indices { try transform(members[index].key, &members[index].value) }
    }

    /// Keeps the members for which `isIncluded` holds.
    package mutating func filter(_ isIncluded: (String, Value) throws -> Bool) rethrows {
        try members.removeAll { try !isIncluded($0.key, $0.value) }
    }

    private static let fewMembers = 12

    /// Most objects are small, and testing for equality is faster than ordering: most keys differ in length, and Swift's
    /// `==` is quick to return false. By index, because an iterator would retain every member that it passes.
    private func place(of key: String) -> Int? {
        if members.count > Self.fewMembers {
            let position = index(of: key)
            return position.found ? position.index : nil
        }
        let size = key.utf8.count
        var place = 0
        while place < members.count {
            if members[place].key.utf8.count == size, members[place].key == key,
                members[place].key.isSameBytes(as: key)
            {
                return place
            }
            place += 1
        }
        return nil
    }

    /// Where the member is, or belongs.
    private func position(of key: String) -> (index: Int, found: Bool) {
        if members.count <= Self.fewMembers, let place = place(of: key) { return (place, true) }
        return index(of: key)
    }

    private func index(of key: String) -> (index: Int, found: Bool) {
        var low = 0
        var high = members.count
        while low < high {
            let middle = (low + high) / 2
            let order = members[middle].key.order(key)
            if order == 0 { return (middle, true) }
            if order < 0 { low = middle + 1 } else { high = middle }
        }
        return (low, false)
    }
}

extension Object: Sequence {
    package func makeIterator() -> some IteratorProtocol<(key: String, value: Value)> {
        members.lazy.map { (key: $0.key, value: $0.value) }.makeIterator()
    }
}

extension Object: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, Value)...) { self.init(elements) }
}
