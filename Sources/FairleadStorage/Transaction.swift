package import FairleadModel

/// Changes that become true together, or not at all, and share one revision.
package struct Transaction: Sendable {
    /// What a key must be like for the transaction to happen.
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

    package var conditions: [Condition] = []
    /// At most one operation per key.
    package var operations: [Operation] = []

    package init() {}

    package init(conditions: [Condition], operations: [Operation]) {
        self.conditions = conditions
        self.operations = operations
    }
}

/// What a transaction did.
package struct CommitResult: Sendable {
    package let revision: Int64
    /// One per operation, in order: the new version of a put; of a deletion the last content, stamped with the
    /// deletion's revision (nothing for a key that was not there).
    package let objects: [StoredObject]
}
