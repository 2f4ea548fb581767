package import FairleadModel

/// A change of an object that many transactions change, such as what a quota says is used.
///
/// It is worked out when the transaction's turn comes, on top of what those before it did. A condition on the object's
/// revision would let only one transaction of each commit through instead. All amendments of one object that meet in a
/// commit make one new version of it.
package struct Amendment: Sendable {
    package var key: ObjectKey
    /// The object with the change, from the object as it is then; nil where the change cannot be made any more: the
    /// transaction is a conflict then, and whoever made it looks again. Runs on the writer: it is to be short.
    package var amend: @Sendable (Value) -> Value?

    package init(key: ObjectKey, amend: @escaping @Sendable (Value) -> Value?) {
        self.key = key
        self.amend = amend
    }
}

/// The amendments of a batch, turned into operations.
struct AmendedBatch {
    private(set) var transactions: [Transaction]
    /// The transactions that cannot be carried out, by their place, with the object that stands in the way.
    private(set) var conflicts: [Int: ObjectKey] = [:]

    private struct Amended {
        var value: Value
        /// The last transaction that amends it: it writes the new version.
        var transaction: Int
    }

    private let snapshot: Snapshot
    private var amended: [ObjectKey: Amended] = [:]
    /// What transactions of the batch write, or may write.
    private var written: Set<ObjectKey> = []

    /// - Parameter snapshot: what the batch is carried out on.
    init(_ transactions: [Transaction], on snapshot: Snapshot) {
        self.transactions = transactions
        self.snapshot = snapshot
        guard transactions.contains(where: { !$0.amendments.isEmpty }) else { return }
        for index in transactions.indices { take(index) }
        for key in amended.keys { write(key) }
    }

    private mutating func take(_ index: Int) {
        let transaction = transactions[index]
        // What was amended before this one comes is not for it to write over.
        for key in transaction.keys where amended[key] != nil { write(key) }
        let conditions = transaction.conditions
        if !transaction.amendments.isEmpty, let taken = conditions.first(where: { written.contains($0.key) })?.key {
            // What the batch makes of it is the engine's to say: looked at again when it has.
            conflicts[index] = taken
            return
        }
        if conditions.allSatisfy({ (snapshot.object($0.key)?.revision ?? 0) == $0.revision }) {
            var changed: [(ObjectKey, Value)] = []
            for amendment in transaction.amendments {
                let key = amendment.key
                let value = written.contains(key) ? nil : amended[key]?.value ?? snapshot.object(key)?.value
                guard let value, let change = amendment.amend(value) else {
                    conflicts[index] = key
                    return
                }
                changed.append((key, change))
            }
            for (key, value) in changed { amended[key] = Amended(value: value, transaction: index) }
        }
        written.formUnion(transaction.operations.map(\.key))
    }

    private mutating func write(_ key: ObjectKey) {
        guard let last = amended.removeValue(forKey: key) else { return }
        let revision = snapshot.object(key)?.revision ?? 0
        transactions[last.transaction].conditions.append(.init(key: key, revision: revision))
        transactions[last.transaction].operations.append(.put(key, Document(last.value)))
        written.insert(key)
    }
}

extension Transaction {
    /// What it writes or depends on.
    fileprivate var keys: [ObjectKey] { conditions.map(\.key) + operations.map(\.key) }
}
