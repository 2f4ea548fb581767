import FairleadModel

/// A set of paths to fields: what a manager owns, or what a change touched.
///
/// A tree of path elements, each level sorted. A path is in the set if its last entry is a member; entries that are not
/// members exist only for what is below them.
package struct FieldSet: Sendable, Hashable {
    package struct Entry: Sendable, Hashable {
        package let element: PathElement
        package var isMember: Bool
        package var children: FieldSet

        package init(_ element: PathElement, isMember: Bool, children: FieldSet = FieldSet()) {
            self.element = element
            self.isMember = isMember
            self.children = children
        }
    }

    /// Sorted by element; none is empty.
    package private(set) var entries: [Entry]

    package init() { entries = [] }

    /// - Parameter entries: sorted, unique and not empty.
    init(sorted entries: [Entry]) { self.entries = entries }

    /// The set of the given paths.
    package init(_ paths: [[PathElement]]) {
        self.init()
        for path in paths { insert(path[...]) }
    }

    package var isEmpty: Bool { entries.isEmpty }

    package mutating func insert(_ path: ArraySlice<PathElement>) {
        guard let first = path.first else { return }
        let position = index(of: first)
        if !position.found { entries.insert(Entry(first, isMember: false), at: position.index) }
        if path.count == 1 {
            entries[position.index].isMember = true
        } else {
            entries[position.index].children.insert(path.dropFirst())
        }
    }

    /// Appends an entry that sorts after all others.
    mutating func append(_ entry: Entry) { entries.append(entry) }

    package func contains(_ path: [PathElement]) -> Bool {
        var level = self
        for (depth, element) in path.enumerated() {
            guard let entry = level.entry(element) else { return false }
            if depth == path.count - 1 { return entry.isMember }
            level = entry.children
        }
        return false
    }

    func entry(_ element: PathElement) -> Entry? {
        let position = index(of: element)
        return position.found ? entries[position.index] : nil
    }

    /// All paths: a member comes before those below it, and all members of a level before anything below them.
    package var paths: [[PathElement]] {
        var result: [[PathElement]] = []
        forEachPath { path in
            result.append(path)
            return true
        }
        return result
    }

    /// Visits the paths in that order, until `visit` returns false.
    func forEachPath(_ visit: ([PathElement]) -> Bool) {
        var path: [PathElement] = []
        _ = visitPaths(below: &path, visit)
    }

    private func visitPaths(below path: inout [PathElement], _ visit: ([PathElement]) -> Bool) -> Bool {
        for entry in entries where entry.isMember {
            path.append(entry.element)
            defer { path.removeLast() }
            guard visit(path) else { return false }
        }
        for entry in entries where !entry.children.isEmpty {
            path.append(entry.element)
            defer { path.removeLast() }
            guard entry.children.visitPaths(below: &path, visit) else { return false }
        }
        return true
    }

    /// The number of paths.
    var memberCount: Int { entries.reduce(0) { $0 + ($1.isMember ? 1 : 0) + $1.children.memberCount } }

    /// Whether there are at most `limit` entries on all levels together.
    func isSmall(_ limit: Int) -> Bool {
        var left = limit
        return fits(in: &left)
    }

    private func fits(in left: inout Int) -> Bool {
        left -= entries.count
        if left < 0 { return false }
        for entry in entries { guard entry.children.fits(in: &left) else { return false } }
        return true
    }

    private func index(of element: PathElement) -> (index: Int, found: Bool) {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].element == element { return (middle, true) }
            if entries[middle].element < element { low = middle + 1 } else { high = middle }
        }
        return (low, false)
    }
}
