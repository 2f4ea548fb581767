import FairleadModel
import FairleadStorage

/// What objects are in etcd: their JSON with a gap for the revision, which is etcd's to give, sealed as configured.
struct EtcdValues: Sendable {
    let transformer: any ValueTransformer

    func stored(_ document: Document, of key: ObjectKey) throws(StorageError) -> [UInt8] {
        try transformer.seal(document.bytes, of: key)
    }

    /// A value that was read.
    enum Reading {
        /// - Parameter isStale: whether it would be written in another form today.
        case version(EngineVersion, isStale: Bool)
        case damage(DamagedVersion)
    }

    func read(_ value: KeyValue, of key: ObjectKey) -> Reading {
        do {
            let opened = try transformer.open(value.value, of: key)
            guard let document = Self.document(opened.document) else {
                return .damage(damage(value, of: key, "it is not an object in JSON"))
            }
            return .version(
                EngineVersion(
                    key: key, revision: value.modRevision, createRevision: value.createRevision,
                    bytes: document.bytes, revisionOffset: document.revisionOffset), isStale: opened.isStale)
        } catch {
            return .damage(damage(value, of: key, error.reason, isSealed: true))
        }
    }

    private func damage(
        _ value: KeyValue, of key: ObjectKey, _ reason: String, isSealed: Bool = false
    ) -> DamagedVersion {
        DamagedVersion(
            key: key, revision: value.modRevision, reason: reason, isCurrent: true, isSealed: isSealed)
    }

    /// What a document of this program contains once, and no text in JSON: a quotation mark in one is escaped.
    private static let gap = Array(#""metadata":{"resourceVersion":""#.utf8)

    /// Finds the gap. What others have written in JSON is taken, too.
    private static func document(_ bytes: [UInt8]) -> (bytes: [UInt8], revisionOffset: Int)? {
        // What is no object is damage, whatever is wrong with it: nobody else looks at it before a client gets it.
        guard let value = try? JSON.parseStored(bytes), value["metadata"]?.object != nil else { return nil }
        // Before the metadata there are only the kind and the version.
        let head = bytes.prefix(1024)
        if let place = head.firstRange(of: gap), place.upperBound < bytes.count,
            bytes[place.upperBound] == UInt8(ascii: "\"")
        {
            return (bytes, place.upperBound)
        }
        let document = Document(value)
        return (document.bytes, document.revisionOffset)
    }
}
