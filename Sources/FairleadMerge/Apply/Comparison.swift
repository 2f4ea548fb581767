import FairleadModel
import FairleadSchema

/// The fields in which two versions of an object differ.
struct Comparison {
    var added = FieldSet()
    var modified = FieldSet()
    var removed = FieldSet()

    var isSame: Bool { added.isEmpty && modified.isEmpty && removed.isEmpty }
    /// The fields that the newer version added or changed.
    var taken: FieldSet { added.union(modified) }
}

/// Compares values of a type. Objects and granular maps are compared field by field, lists of type map and set element
/// by element, and everything else as a whole.
struct Comparer {
    let types: TypeRegistry

    private enum Change { case added, modified, removed }

    private struct Node {
        var change: Change?
        var below = Comparison()
    }

    /// The changes from `old` to `new`, without the fields that `excluded` leaves out.
    func compare(_ old: Value, _ new: Value, _ type: TypeSchema, excluding excluded: ResetFields) -> Comparison {
        var result = Comparison()
        walk(old.object, new.object) { name, left, right in
            // An update mostly changes one of them; comparing whole values is cheaper than going through their fields.
            if excluded.leavesOut(name) || left != nil && left == right { return }
            let inner = MergeType(of: name, in: type)
            if name == "metadata", case .structure(let metadata) = inner.form(types) {
                var found = Comparison()
                walk(left?.object, right?.object) { name, left, right in
                    if excluded.leavesOutOfMetadata(name) || left != nil && left == right { return }
                    let inner = MergeType(of: name, in: metadata)
                    add(compare(left, right, inner), .field(name), to: &found)
                }
                add(Node(below: found), .field(name), to: &result)
            } else {
                add(compare(left, right, inner), .field(name), to: &result)
            }
        }
        return Comparison(
            added: excluded.narrowed(result.added), modified: excluded.narrowed(result.modified),
            removed: excluded.narrowed(result.removed))
    }

    private func compare(_ left: Value?, _ right: Value?, _ type: MergeType) -> Node {
        if left == nil, let right { return Node(change: .added, below: Comparison(added: fields(of: right, type))) }
        let form = type.form(types)
        switch form {
        case .leaf: return leaf(left, right)
        case .structure(let schema):
            return compareObjects(left, right) { MergeType(of: $0, in: schema) }
        case .map(let element): return compareObjects(left, right) { _ in element }
        case .deduced:
            guard left == nil || left?.object != nil, right == nil || right?.object != nil else {
                return leaf(left, right)
            }
            return compareObjects(left, right) { _ in MergeType(.any) }
        case .keyedList(let element, _): return compareLists(left, right, form, element)
        case .set: return compareLists(left, right, form, MergeType(.any))
        }
    }

    /// Every field of a new value. Each object and each list counts as a field itself, in addition to its contents.
    private func fields(of value: Value, _ type: MergeType) -> FieldSet {
        let form = type.form(types)
        switch form {
        case .leaf: return FieldSet()
        case .structure(let schema):
            return FieldSet.ofMembers(value) { fields(of: $1, MergeType(of: $0, in: schema)) }
        case .map(let element): return FieldSet.ofMembers(value) { fields(of: $1, element) }
        case .deduced: return FieldSet.ofMembers(value) { fields(of: $1, MergeType(.any)) }
        case .keyedList(let element, _): return FieldSet.ofItems(value, form, types) { fields(of: $0, element) }
        case .set: return FieldSet.ofItems(value, form, types) { fields(of: $0, MergeType(.any)) }
        }
    }

    private func leaf(_ left: Value?, _ right: Value?) -> Node {
        switch (left, right) {
        case (nil, nil): Node()
        case (nil, _): Node(change: .added)
        case (_, nil): Node(change: .removed)
        case (let left?, let right?): Node(change: left == right ? nil : .modified)
        }
    }

    private func compareObjects(_ left: Value?, _ right: Value?, _ type: (String) -> MergeType) -> Node {
        let (mine, theirs) = (left?.object, right?.object)
        if mine?.isEmpty ?? true, theirs?.isEmpty ?? true { return leaf(left, right) }
        var node = Node(change: right == nil ? .removed : nil)
        walk(mine, theirs) { name, left, right in
            add(compare(left, right, type(name)), .field(name), to: &node.below)
        }
        return node
    }

    private func compareLists(_ left: Value?, _ right: Value?, _ form: MergeType.Form, _ type: MergeType) -> Node {
        let (mine, theirs) = (left?.array ?? [], right?.array ?? [])
        if mine.isEmpty, theirs.isEmpty { return leaf(left, right) }
        var node = Node(change: right == nil ? .removed : nil)
        if mine == theirs { return node }
        var values: [PathElement: (left: [Value], right: [Value])] = [:]
        for item in ListItem.items(mine, form, types) {
            values[item.element, default: ([], [])].left.append(item.value)
        }
        for item in ListItem.items(theirs, form, types) {
            values[item.element, default: ([], [])].right.append(item.value)
        }
        for (element, found) in values.sorted(by: { $0.key < $1.key }) {
            if found.left.count > 1 || found.right.count > 1 {
                // Duplicates cannot be told apart, so they are compared as one value.
                let whole = leaf(
                    found.left.isEmpty ? nil : .array(found.left), found.right.isEmpty ? nil : .array(found.right))
                add(whole, element, to: &node.below)
            } else {
                var inner = compare(found.left.first, found.right.first, type)
                if inner.change == .modified, case .value = element { inner.change = nil }
                add(inner, element, to: &node.below)
            }
        }
        return node
    }

    /// Visits the members of both, sorted by name.
    private func walk(_ left: Object?, _ right: Object?, _ visit: (String, Value?, Value?) -> Void) {
        let mine = left?.members ?? []
        let theirs = right?.members ?? []
        var (first, second) = (0, 0)
        while first < mine.count || second < theirs.count {
            if second >= theirs.count || first < mine.count && mine[first].key < theirs[second].key {
                visit(mine[first].key, mine[first].value, nil)
                first += 1
            } else if first >= mine.count || theirs[second].key < mine[first].key {
                visit(theirs[second].key, nil, theirs[second].value)
                second += 1
            } else {
                visit(mine[first].key, mine[first].value, theirs[second].value)
                first += 1
                second += 1
            }
        }
    }

    /// Elements must be added in order.
    private func add(_ node: Node, _ element: PathElement, to result: inout Comparison) {
        if node.change == nil, node.below.isSame { return }
        Self.add(node.change == .added, node.below.added, element, to: &result.added)
        Self.add(node.change == .modified, node.below.modified, element, to: &result.modified)
        Self.add(node.change == .removed, node.below.removed, element, to: &result.removed)
    }

    private static func add(_ isMember: Bool, _ below: FieldSet, _ element: PathElement, to set: inout FieldSet) {
        if isMember || !below.isEmpty { set.append(FieldSet.Entry(element, isMember: isMember, children: below)) }
    }
}
