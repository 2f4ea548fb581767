import Synchronization

/// One version of one object, immutable and shared by everybody: cache, watchers, informers, lists.
///
/// `bytes` are what a client is sent. `value` is decoded at first use when the object came from disk.
package final class StoredObject: Sendable {
    package let key: ObjectKey
    /// The revision of the transaction that wrote this version: `metadata.resourceVersion`.
    package let revision: Int64
    /// The revision of the transaction that created the object.
    package let createRevision: Int64
    /// Canonical JSON including `metadata.resourceVersion`.
    package let bytes: [UInt8]
    /// Where in `bytes` the digits of the revision begin.
    private let revisionOffset: Int
    private let tree: Mutex<Tree>
    /// Whether nobody has asked for the tree since the last `ageTree`. Set and read without the lock: it is advice.
    private let isIdle = Atomic(false)

    /// The tree is made at first use: most versions are stored and sent without anybody looking inside.
    private enum Tree {
        /// Only bytes.
        case encoded
        /// Only bytes, and it stays so: whoever still wants the tree of this version decodes one for itself.
        case released
        /// A tree under another revision or none.
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

    /// Fills the gap of `document` with `revision`.
    package convenience init(key: ObjectKey, document: Document, revision: Int64, createRevision: Int64) {
        self.init(
            key: key, revision: revision, createRevision: createRevision,
            bytes: Self.filled(document.bytes, document.revisionOffset, gap: 0, with: revision),
            revisionOffset: document.revisionOffset, value: document.value)
    }

    /// The same from storage, where only bytes are kept: the tree is decoded at first use.
    package convenience init(
        key: ObjectKey, bytes: [UInt8], revisionOffset: Int, revision: Int64, createRevision: Int64
    ) {
        self.init(
            key: key, revision: revision, createRevision: createRevision,
            bytes: Self.filled(bytes, revisionOffset, gap: 0, with: revision), revisionOffset: revisionOffset,
            value: nil)
    }

    /// The same content under another revision: how a deletion shows what was deleted.
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

    /// The object, `metadata.resourceVersion` included.
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
        // Bytes in storage were written by our own encoder; null would mean a damaged database.
        (try? JSON.parse(bytes, maximumDepth: JSON.maximumStoredDepth))?.value ?? .null
    }

    /// Whether the tree is in memory, beside the bytes.
    package var isDecoded: Bool {
        tree.withLock { tree in
            switch tree {
            case .encoded, .released: false
            case .unstamped, .ready: true
            }
        }
    }

    /// Gives up the tree if nobody has asked for it since the last call; it is made again at its next use. It takes
    /// several times the room of the bytes.
    package func ageTree() {
        guard isIdle.exchange(true, ordering: .relaxed) else { return }
        // Taken out, to be freed without the lock.
        _ = tree.withLock { tree -> Tree? in
            if case .released = tree { return nil }
            return exchange(&tree, with: .encoded)
        }
    }

    /// Gives up the tree for good, which takes several times the room of the bytes: for versions that have been
    /// replaced. `value` still answers, by decoding each time.
    package func releaseTree() {
        // Taken out, to be freed without the lock.
        _ = tree.withLock { exchange(&$0, with: .released) }
    }

    package var labels: [String: String] { value.at("metadata", "labels")?.stringMap ?? [:] }
}
