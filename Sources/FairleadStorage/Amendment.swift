package import FairleadModel

/// A change of an object that many transactions change, such as what a quota says is used.
///
/// It is computed when the transaction's turn comes, on top of what earlier transactions did. With a condition on the
/// object's revision, only one transaction per commit would get through. All amendments of the same object within one
/// commit produce a single new version of it.
package struct Amendment: Sendable {
    package var key: ObjectKey
    /// Makes the changed object from the object as it is then; returns nil if the change can no longer be made. The
    /// transaction then fails with a conflict, and its author looks again. Runs on the writer's thread, so it must be
    /// quick.
    package var amend: @Sendable (Value) -> Value?

    package init(key: ObjectKey, amend: @escaping @Sendable (Value) -> Value?) {
        self.key = key
        self.amend = amend
    }
}

/// The transactions of a batch with their amendments turned into operations.
struct AmendedBatch {
    private(set) var transactions: [Transaction]
    /// The transactions that cannot be carried out, by index, each with the object that stands in the way.
    private(set) var conflicts: [Int: ObjectKey] = [:]

    private struct Amended {
        var value: Value
        /// The last transaction that amends the object; it writes the new version.
        var transaction: Int
    }

    private let snapshot: Snapshot
    private var amended: [ObjectKey: Amended] = [:]
    /// The keys that transactions of the batch write, or may write.
    private var written: Set<ObjectKey> = []

    /// - Parameter snapshot: the state that the batch is applied to.
    init(_ transactions: [Transaction], on snapshot: Snapshot) {
        self.transactions = transactions
        self.snapshot = snapshot
        guard transactions.contains(where: { !$0.amendments.isEmpty }) else { return }
        for index in transactions.indices { take(index) }
        for key in amended.keys { write(key) }
    }

    private mutating func take(_ index: Int) {
        let transaction = transactions[index]
        // This transaction must not write over earlier amendments: they are written first.
        for key in transaction.keys where amended[key] != nil { write(key) }
        let conditions = transaction.conditions
        if !transaction.amendments.isEmpty, let taken = conditions.first(where: { written.contains($0.key) })?.key {
            // Only the engine knows what the batch makes of that object: the author looks again after the commit.
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
    /// The keys that the transaction writes or depends on.
    fileprivate var keys: [ObjectKey] { conditions.map(\.key) + operations.map(\.key) }
}
