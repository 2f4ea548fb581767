/// A line-based unified diff with three lines of context and no file header.
package enum UnifiedDiff {
    /// Hunks, each beginning with its `@@` line; every line ends with a newline.
    package static func text(from old: [Substring], to new: [Substring], context: Int = 3) -> String {
        let edits = edits(from: old, to: new)
        var result = ""
        var index = 0
        while let first = edits[index...].firstIndex(where: { $0.kind != .same }) {
            var last = first
            var gap = 0
            for position in first..<edits.count {
                if edits[position].kind == .same {
                    gap += 1
                    if gap > context * 2 { break }
                } else {
                    gap = 0
                    last = position
                }
            }
            let hunk = edits[max(first - context, index)..<min(last + context + 1, edits.count)]
            result += header(hunk)
            for edit in hunk { result += "\(edit.kind.rawValue)\(edit.line)\n" }
            index = hunk.endIndex
        }
        return result
    }

    private struct Edit {
        enum Kind: String { case same = " ", removed = "-", added = "+" }
        var kind: Kind
        var line: Substring
        /// How many lines of the old and of the new text precede this one.
        var before: (old: Int, new: Int)
    }

    private static func edits(from old: [Substring], to new: [Substring]) -> [Edit] {
        let (removed, added) = changes(from: old, to: new)
        var edits: [Edit] = []
        var position = (old: 0, new: 0)
        while position.old < old.count || position.new < new.count {
            if removed.contains(position.old) {
                edits.append(Edit(kind: .removed, line: old[position.old], before: position))
                position.old += 1
            } else if added.contains(position.new) {
                edits.append(Edit(kind: .added, line: new[position.new], before: position))
                position.new += 1
            } else {
                edits.append(Edit(kind: .same, line: old[position.old], before: position))
                position.old += 1
                position.new += 1
            }
        }
        return edits
    }

    /// The maximum number of lines to compare: time and memory grow with its square. If there are more, all of them are
    /// shown as removed and added.
    private static let searched = 2000

    private static func changes(
        from old: [Substring], to new: [Substring]
    ) -> (removed: Set<Int>, added: Set<Int>) {
        let limit = min(old.count, new.count)
        var start = 0
        while start < limit, old[start] == new[start] { start += 1 }
        var end = 0
        while end < limit - start, old[old.count - 1 - end] == new[new.count - 1 - end] { end += 1 }
        let (oldPart, newPart) = (start..<old.count - end, start..<new.count - end)
        guard oldPart.count + newPart.count <= searched else { return (Set(oldPart), Set(newPart)) }
        var removed: Set<Int> = []
        var added: Set<Int> = []
        for change in Array(new[newPart]).difference(from: Array(old[oldPart])) {
            switch change {
            case .remove(let offset, _, _): removed.insert(start + offset)
            case .insert(let offset, _, _): added.insert(start + offset)
            }
        }
        return (removed, added)
    }

    private static func header(_ hunk: ArraySlice<Edit>) -> String {
        guard let start = hunk.first?.before else { return "" }
        let oldCount = hunk.count { $0.kind != .added }
        let newCount = hunk.count { $0.kind != .removed }
        return "@@ -\(range(start.old, oldCount)) +\(range(start.new, newCount)) @@\n"
    }

    private static func range(_ before: Int, _ count: Int) -> String {
        switch count {
        case 0: "\(before),0"
        case 1: "\(before + 1)"
        default: "\(before + 1),\(count)"
        }
    }
}
