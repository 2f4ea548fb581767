import Synchronization

/// One version of one object, immutable and shared by all: caches, watchers, informers, lists.
///
/// `bytes` are what clients receive. If the object came from disk, `value` is decoded on first use.
package final class StoredObject: Sendable {
    package let key: ObjectKey
    /// The revision of the transaction that wrote this version: `metadata.resourceVersion`.
    package let revision: Int64
    /// The revision of the transaction that created the object.
    package let createRevision: Int64
    /// Canonical JSON including `metadata.resourceVersion`.
    package let bytes: [UInt8]
    /// The offset in `bytes` at which the digits of the revision begin.
    private let revisionOffset: Int
    private let tree: Mutex<Tree>
    /// Whether nobody has asked for the tree since the last `ageTree`. Read and written without the lock: it is only a
    /// hint.
    private let isIdle = Atomic(false)

    /// The tree is built on first use: most versions are stored and sent without anybody looking inside.
    private enum Tree {
        /// Only the bytes.
        case encoded
        /// Only the bytes, permanently: each use of this version's tree decodes it anew.
        case released
        /// A tree with another resourceVersion, or none.
        case unstamped(Value)
        case ready(Value)
    }

    private init(
        key: ObjectKey, revision: Int64, createRevision: Int64, bytes: [UInt8], revisionOffset: Int, value: Value?
    ) {
        self.key = key
        self.revision = revision
        self.createRevision = createRevision
        self.bytes = bytes
        self.revisionOffset = revisionOffset
        tree = Mutex(value.map { .unstamped($0) } ?? .encoded)
    }

    /// Fills the gap in `document` with `revision`.
    package convenience init(key: ObjectKey, document: Document, revision: Int64, createRevision: Int64) {
        self.init(
            key: key, revision: revision, createRevision: createRevision,
            bytes: Self.filled(document.bytes, document.revisionOffset, gap: 0, with: revision),
            revisionOffset: document.revisionOffset, value: document.value)
    }

    /// The same, loaded from storage, which only keeps bytes: the tree is decoded on first use.
    package convenience init(
        key: ObjectKey, bytes: [UInt8], revisionOffset: Int, revision: Int64, createRevision: Int64
    ) {
        self.init(
            key: key, revision: revision, createRevision: createRevision,
            bytes: Self.filled(bytes, revisionOffset, gap: 0, with: revision), revisionOffset: revisionOffset,
            value: nil)
    }

    /// The same content with another revision: how a deletion shows the deleted object.
    package func restamped(revision: Int64) -> StoredObject {
        let digits = String(self.revision).utf8.count
        return StoredObject(
            key: key, revision: revision, createRevision: createRevision,
            bytes: Self.filled(bytes, revisionOffset, gap: digits, with: revision), revisionOffset: revisionOffset,
            value: tree.withLock { tree in
                switch tree {
                case .encoded, .released: nil
                case .unstamped(let value), .ready(let value): value
                }
            })
    }

    private static func filled(_ bytes: [UInt8], _ offset: Int, gap: Int, with revision: Int64) -> [UInt8] {
        let digits = String(revision).utf8
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count - gap + digits.count)
        result.append(contentsOf: bytes[..<offset])
        result.append(contentsOf: digits)
        result.append(contentsOf: bytes[(offset + gap)...])
        return result
    }

    /// The object, including `metadata.resourceVersion`.
    package var value: Value {
        if isIdle.load(ordering: .relaxed) { isIdle.store(false, ordering: .relaxed) }
        return tree.withLock { tree in
            let value: Value
            switch tree {
            case .ready(let ready): return ready
            case .released: return decoded
            case .unstamped(var other):
                other.set(.string(String(revision)), at: "metadata", "resourceVersion")
                value = other
            case .encoded:
                value = decoded
            }
            tree = .ready(value)
            return value
        }
    }

    private var decoded: Value {
        // Stored bytes were written by our own encoder; null here would mean a damaged database.
        (try? JSON.parseStored(bytes)) ?? .null
    }

    /// Whether the tree is in memory in addition to the bytes.
    package var isDecoded: Bool {
        tree.withLock { tree in
            switch tree {
            case .encoded, .released: false
            case .unstamped, .ready: true
            }
        }
    }

    /// Releases the tree, which takes several times the space of the bytes, if nobody has asked for it since the last
    /// call; it is decoded again on its next use.
    package func ageTree() {
        guard isIdle.exchange(true, ordering: .relaxed) else { return }
        // Taken out first, so that it is freed outside the lock.
        _ = tree.withLock { tree -> Tree? in
            if case .released = tree { return nil }
            return exchange(&tree, with: .encoded)
        }
    }

    /// Releases the tree, which takes several times the space of the bytes, for good: for versions that have been
    /// replaced. `value` still works, by decoding each time.
    package func releaseTree() {
        // Taken out first, so that it is freed outside the lock.
        _ = tree.withLock { exchange(&$0, with: .released) }
    }

    package var labels: [String: String] { value.at("metadata", "labels")?.stringMap ?? [:] }
}
