import FairleadModel

/// What the rows of a file say about each other. Pure: rows in, findings and a plan out.
struct VersionAudit {
    /// A row without its document.
    struct Entry {
        var id: Int64
        var revision: Int64
        var key: ObjectKey
        var previous: Int64?
        var isDeletion: Bool
        /// What is wrong with the row on its own.
        var fault: String?
        /// The key that the document gives, for a damaged row.
        var keyOfDocument: ObjectKey?
    }

    /// What becomes of each row in a repaired file. Rows that are listed nowhere stay as they are.
    struct Plan {
        /// Taken out, each with the reason; they are kept elsewhere.
        var damaged: [Int64: String] = [:]
        /// Taken out because nothing leads to them.
        var leftBehind: Set<Int64> = []
        /// Rows whose reference to a replaced row is dropped, because that row is missing or belongs to another object.
        var unlinked: Set<Int64> = []
        /// Keys whose current version is damaged, with the row of the version before it, which comes back; nil if there
        /// is none.
        var restored: [(key: ObjectKey, from: Int64?)] = []
    }

    private(set) var findings: [String] = []
    private(set) var plan = Plan()
    /// The last revision and row that can be trusted.
    private(set) var lastRevision: Int64 = 0
    private(set) var lastVersion: Int64 = 0

    /// - Parameter entries: sorted by id.
    init(_ entries: [Entry]) {
        var entries = entries
        markDisorder(&entries)
        var heads: [ObjectKey: Entry] = [:]
        var spoiled: [ObjectKey: Int64] = [:]
        let keys = Dictionary(entries.map { ($0.id, $0.key) }) { first, _ in first }
        for entry in entries {
            lastVersion = max(lastVersion, entry.id)
            if let fault = entry.fault {
                let other = entry.keyOfDocument.flatMap { $0 == entry.key ? nil : "; its document says \($0)" } ?? ""
                findings.append("row \(entry.id) (\(entry.key)): \(fault)\(other)")
                plan.damaged[entry.id] = fault
                for key in suspects(entry, heads, keys) { spoiled[key] = entry.id }
                continue
            }
            lastRevision = max(lastRevision, entry.revision)
            let head = heads[entry.key]
            if let head, head.id != entry.previous {
                if spoiled[entry.key] == nil {
                    findings.append("row \(head.id) (\(entry.key)) is left behind: row \(entry.id) did not replace it")
                }
                plan.leftBehind.insert(head.id)
            }
            if let previous = entry.previous, head?.id != previous {
                plan.unlinked.insert(entry.id)
                if let other = keys[previous], other != entry.key, plan.damaged[previous] == nil {
                    findings.append("row \(entry.id) (\(entry.key)) replaced row \(previous), which is \(other)")
                }
            }
            spoiled[entry.key] = nil
            heads[entry.key] = entry.isDeletion ? nil : entry
        }
        plan.restored = spoiled.keys.sorted().map { ($0, heads[$0]?.id) }
    }

    /// As in `SQLiteLoading`: the key whose last version the row replaced, or every key that is named.
    private func suspects(_ entry: Entry, _ heads: [ObjectKey: Entry], _ keys: [Int64: ObjectKey]) -> Set<ObjectKey> {
        let other = entry.keyOfDocument
        if other == entry.key { return [entry.key] }
        let named = Set([entry.key] + (other.map { [$0] } ?? []))
        let fitting = named.filter { heads[$0]?.id == entry.previous }
        if !fitting.isEmpty { return fitting }
        return named.union(entry.previous.flatMap { keys[$0] }.map { [$0] } ?? [])
    }

    /// Revisions never go back: of the rows that look sound on their own, the longest ascending run is trusted.
    private func markDisorder(_ entries: inout [Entry]) {
        let good = entries.indices.filter { entries[$0].fault == nil }
        // Patience sorting: `ends[n]` is where the run of n + 1 rows with the smallest last revision ends.
        var ends: [Int] = []
        var before: [Int: Int] = [:]
        for index in good {
            let revision = entries[index].revision
            let place = ends.partitionPoint { entries[$0].revision <= revision }
            before[index] = place > 0 ? ends[place - 1] : nil
            if place < ends.count { ends[place] = index } else { ends.append(index) }
        }
        var believed: Set<Int> = []
        var next = ends.last
        while let index = next {
            believed.insert(index)
            next = before[index]
        }
        for index in good where !believed.contains(index) {
            entries[index].fault = "its revision \(entries[index].revision) is not in the order of rows"
        }
    }
}
