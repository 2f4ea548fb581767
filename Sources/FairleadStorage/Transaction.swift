package import FairleadModel

/// Changes that take effect together, or not at all. They share one revision unless `numbering` says otherwise.
package struct Transaction: Sendable {
    /// What must hold for a key so that the transaction is carried out.
    package struct Condition: Sendable, Hashable {
        package var key: ObjectKey
        /// The revision of the key's current version; 0 means that there must be none.
        package var revision: Int64

        package init(key: ObjectKey, revision: Int64) {
            self.key = key
            self.revision = revision
        }
    }

    package enum Operation: Sendable {
        case put(ObjectKey, Document)
        /// Deleting a key that is not there changes nothing.
        case delete(ObjectKey)

        package var key: ObjectKey {
            switch self {
            case .put(let key, _), .delete(let key): key
            }
        }
    }

    /// How operations get their revisions.
    package enum Numbering: Sendable, Hashable {
        case together
        /// Each operation has its own revision, consecutive and in order: for objects that clients know were written
        /// one after the other. They are still committed and published in one step.
        case oneByOne
    }

    package var conditions: [Condition] = []
    package var numbering = Numbering.together
    /// At most one operation per key.
    package var operations: [Operation] = []
    /// Changes of objects that no operation names.
    package var amendments: [Amendment] = []

    package init() {}

    package init(conditions: [Condition], operations: [Operation]) {
        self.conditions = conditions
        self.operations = operations
    }

    /// The revision of an operation, if the transaction's last one has `revision`.
    func revision(ofOperation index: Int, last revision: Int64) -> Int64 {
        numbering == .together ? revision : revision - Int64(operations.count - 1 - index)
    }

    /// How many revisions the transaction takes.
    var revisionCount: Int64 { numbering == .together ? 1 : Int64(max(operations.count, 1)) }
}

/// The outcome of a transaction.
package struct CommitResult: Sendable {
    /// The revision of the last operation.
    package let revision: Int64
    /// One per operation, in order: the new version for a put; for a deletion the last content, stamped with the
    /// deletion's revision (nothing for a key that did not exist).
    package let objects: [StoredObject]
}
