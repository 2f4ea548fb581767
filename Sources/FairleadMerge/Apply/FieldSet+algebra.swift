extension FieldSet {
    /// Paths that are in either set.
    package func union(_ other: FieldSet) -> FieldSet {
        if other.isEmpty { return self }
        if isEmpty { return other }
        return combined(with: other, keepsMine: true, keepsTheirs: true) { mine, theirs in
            Entry(
                mine.element, isMember: mine.isMember || theirs.isMember, children: mine.children.union(theirs.children)
            )
        }
    }

    /// Paths that are in any of the sets; combined pairwise, so that the number of sets hardly matters.
    static func union(of sets: [FieldSet]) -> FieldSet {
        var sets = sets
        while sets.count > 1 {
            sets = stride(from: 0, to: sets.count, by: 2).map { index in
                index + 1 < sets.count ? sets[index].union(sets[index + 1]) : sets[index]
            }
        }
        return sets.first ?? FieldSet()
    }

    /// Paths that are in both sets.
    package func intersection(_ other: FieldSet) -> FieldSet {
        combined(with: other, keepsMine: false, keepsTheirs: false) { mine, theirs in
            Entry(
                mine.element, isMember: mine.isMember && theirs.isMember,
                children: mine.children.intersection(theirs.children))
        }
    }

    /// Paths that are not in `other`.
    package func subtracting(_ other: FieldSet) -> FieldSet {
        if other.isEmpty || isEmpty { return self }
        return combined(with: other, keepsMine: true, keepsTheirs: false) { mine, theirs in
            Entry(
                mine.element, isMember: mine.isMember && !theirs.isMember,
                children: mine.children.subtracting(theirs.children))
        }
    }

    /// Paths that are neither in `other` nor below a path that is.
    package func subtractingTrees(_ other: FieldSet) -> FieldSet {
        if other.isEmpty || isEmpty { return self }
        return combined(with: other, keepsMine: true, keepsTheirs: false) { mine, theirs in
            if theirs.isMember { return Entry(mine.element, isMember: false) }
            return Entry(
                mine.element, isMember: mine.isMember, children: mine.children.subtractingTrees(theirs.children))
        }
    }

    /// Walks both sorted levels in parallel; entries that end up empty are left out.
    private func combined(
        with other: FieldSet, keepsMine: Bool, keepsTheirs: Bool, _ combine: (Entry, Entry) -> Entry
    ) -> FieldSet {
        if !keepsTheirs, entries.count < other.entries.count / 16 {
            return looked(up: other, keepsMine: keepsMine, combine)
        }
        var result: [Entry] = []
        var position = 0
        for theirs in other.entries {
            while position < entries.count, entries[position].element < theirs.element {
                if keepsMine { result.append(entries[position]) }
                position += 1
            }
            if position < entries.count, entries[position].element == theirs.element {
                let entry = combine(entries[position], theirs)
                if entry.isMember || !entry.children.isEmpty { result.append(entry) }
                position += 1
            } else if keepsTheirs {
                result.append(theirs)
            }
        }
        if keepsMine { result.append(contentsOf: entries[position...]) }
        return FieldSet(sorted: result)
    }

    /// The same for few entries here and many in the other set: an object with thousands of fields may have thousands
    /// of managers.
    private func looked(up other: FieldSet, keepsMine: Bool, _ combine: (Entry, Entry) -> Entry) -> FieldSet {
        var result: [Entry] = []
        for mine in entries {
            if let theirs = other.entry(mine.element) {
                let entry = combine(mine, theirs)
                if entry.isMember || !entry.children.isEmpty { result.append(entry) }
            } else if keepsMine {
                result.append(mine)
            }
        }
        return FieldSet(sorted: result)
    }
}
