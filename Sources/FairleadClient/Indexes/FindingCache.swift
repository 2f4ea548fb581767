package import FairleadModel
import Synchronization

/// What was found out about each object of a list when it was last looked through, so that the next look examines only
/// those that have changed. A list is what an index of a lister returns: sorted by name.
///
/// Lists of different keys may be looked through at the same time, but not that of one key.
package final class FindingCache<Key: Hashable & Sendable, Basis: Equatable & Sendable, Finding: Sendable>: Sendable {
    private struct Entry: Sendable {
        var basis: Basis
        var objects: [StoredObject]
        var findings: [Finding]
    }

    /// Few objects are examined anew sooner than anything is kept about them.
    private static var few: Int { 16 }

    private let entries = Mutex<[Key: Entry]>([:])

    package init() {}

    /// The finding about each object, in their order.
    /// - Parameters:
    ///   - basis: what findings depend on beside the object: if it has changed, all objects are examined.
    ///   - examine: must depend on nothing but the object and the basis.
    package func findings(
        of key: Key, basis: Basis, in objects: [StoredObject], _ examine: (StoredObject) -> Finding
    ) -> [Finding] {
        if objects.count <= Self.few {
            forget(key)
            return objects.map(examine)
        }
        let last = entries.withLock { $0[key] }.flatMap { $0.basis == basis ? $0 : nil }
        let findings = last.map { Self.update($0, objects, examine) } ?? objects.map(examine)
        entries.withLock { $0[key] = Entry(basis: basis, objects: objects, findings: findings) }
        return findings
    }

    package func forget(_ key: Key) { entries.withLock { _ = $0.removeValue(forKey: key) } }

    /// Both lists are sorted, so one walk finds what they share.
    private static func update(
        _ last: Entry, _ objects: [StoredObject], _ examine: (StoredObject) -> Finding
    ) -> [Finding] {
        var findings: [Finding] = []
        findings.reserveCapacity(objects.count)
        var place = 0
        for object in objects {
            while place < last.objects.count, last.objects[place] !== object, last.objects[place].key < object.key {
                place += 1
            }
            if place < last.objects.count, last.objects[place] === object {
                findings.append(last.findings[place])
                place += 1
            } else {
                findings.append(examine(object))
            }
        }
        return findings
    }
}
