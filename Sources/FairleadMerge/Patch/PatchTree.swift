import FairleadModel

/// A document while a JSON patch is being applied.
///
/// Containers that operations pass through are converted once, into forms in which a change costs next to nothing,
/// however wide the object or long the list is; everything else stays as it is. Thousands of operations on a list of a
/// million elements then cost time in proportion to the length of their texts.
enum PatchTree {
    case whole(Value)
    case object(ByteMap<PatchTree>)
    case list(PatchList)

    var value: Value {
        switch self {
        case .whole(let value): value
        case .object(let members): .object(Object(members.map { ($0.key, $0.value.value) }))
        case .list(let list): .array(list.values)
        }
    }

    /// Whether the value can have members or elements.
    private var isContainer: Bool {
        switch self {
        case .whole(.object), .whole(.array), .object, .list: true
        default: false
        }
    }

    /// Converts the outermost level.
    private mutating func open() {
        switch self {
        case .whole(.object(let object)):
            self = .object(ByteMap(uniqueKeysWithValues: object.members.lazy.map { ($0.key, .whole($0.value)) }))
        case .whole(.array(let elements)): self = .list(PatchList(elements))
        default: break
        }
    }

    // MARK: Reading

    /// The value at a path; null for a missing member of an object, nil if a container on the way is missing.
    func at(_ steps: ArraySlice<String>) -> PatchTree? {
        guard let step = steps.first else { return self }
        switch self {
        case .whole(.object(let object)):
            return Self.inner(object[step].map { .whole($0) }, steps)
        case .whole(.array(let elements)):
            guard let index = PatchList.index(step, limit: elements.count) else { return nil }
            return Self.whole(elements[index]).at(steps.dropFirst())
        case .object(let members): return Self.inner(members[step], steps)
        case .list(let list):
            guard let index = PatchList.index(step, limit: list.count) else { return nil }
            return list[index].at(steps.dropFirst())
        case .whole: return nil
        }
    }

    private static func inner(_ member: PatchTree?, _ steps: ArraySlice<String>) -> PatchTree? {
        steps.count == 1 ? member ?? .whole(.null) : member?.at(steps.dropFirst())
    }

    /// Equality of JSON values: 1 and 1.0 are the same number.
    func isSameJSON(as other: Value) -> Bool {
        switch (self, other) {
        case (.whole(let value), _): value.isSameJSON(as: other)
        case (.list(let list), .array(let elements)): list.isSameJSON(as: elements)
        case (.object(let members), .object(let object)):
            members.count == object.count
                && object.members.allSatisfy { members[$0.key]?.isSameJSON(as: $0.value) ?? false }
        default: false
        }
    }

    // MARK: Changes, which return whether they were possible

    mutating func add(_ new: PatchTree, at steps: ArraySlice<String>) -> Bool {
        change(at: steps) { members, key in
            members[key] = new
            return true
        } elements: { list, key in
            guard let index = key == "-" ? list.count : PatchList.index(key, limit: list.count + 1) else {
                return false
            }
            list.insert(new, at: index)
            return true
        }
    }

    /// - Returns: the removed value; nil if there was none.
    mutating func remove(at steps: ArraySlice<String>) -> PatchTree? {
        var removed: PatchTree?
        _ = change(at: steps) { members, key in
            removed = members.removeValue(forKey: key)
            return true
        } elements: { list, key in
            removed = PatchList.index(key, limit: list.count).map { list.remove(at: $0) }
            return true
        }
        return removed
    }

    mutating func replace(with new: PatchTree, at steps: ArraySlice<String>) -> Bool {
        change(at: steps) { members, key in
            members[key] = new
            return true
        } elements: { list, key in
            guard let index = PatchList.index(key, limit: list.count) else { return false }
            return list.change(index) { element in
                element = new
                return true
            }
        }
    }

    private typealias Members = ByteMap<PatchTree>

    /// Calls `members` or `elements` with the container of the last step, and with that step.
    /// - Returns: false if there is no such container, otherwise what the closure returns.
    private mutating func change(
        at steps: ArraySlice<String>, members: (inout Members, String) -> Bool,
        elements: (inout PatchList, String) -> Bool
    ) -> Bool {
        guard let step = steps.first, isContainer else { return false }
        open()
        let rest = steps.dropFirst()
        return changeContent { content in
            if rest.isEmpty { return members(&content, step) }
            return content[step]?.change(at: rest, members: members, elements: elements) ?? false
        } elements: { content in
            if rest.isEmpty { return elements(&content, step) }
            guard let index = PatchList.index(step, limit: content.count) else { return false }
            return content.change(index) { $0.change(at: rest, members: members, elements: elements) }
        }
    }

    /// Changes an open container. Its contents are moved out of `self` meanwhile: a second reference would cause a
    /// copy.
    private mutating func changeContent(
        members: (inout Members) -> Bool, elements: (inout PatchList) -> Bool
    ) -> Bool {
        switch self {
        case .object(var content):
            self = .whole(.null)
            defer { self = .object(content) }
            return members(&content)
        case .list(var content):
            self = .whole(.null)
            defer { self = .list(content) }
            return elements(&content)
        case .whole: return false
        }
    }
}

extension Value {
    /// Equality of JSON values: 1 and 1.0 are the same number.
    func isSameJSON(as other: Value) -> Bool {
        switch (self, other) {
        case (.int, .double), (.double, .int): return double == other.double
        case (.array(let left), .array(let right)):
            return left.count == right.count && zip(left, right).allSatisfy { $0.isSameJSON(as: $1) }
        case (.object(let left), .object(let right)):
            return left.count == right.count
                && zip(left, right).allSatisfy { $0.key.isSameBytes(as: $1.key) && $0.value.isSameJSON(as: $1.value) }
        default: return self == other
        }
    }
}
