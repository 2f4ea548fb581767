package import FairleadModel

/// What documents become on their way to the disk, and back: encryption at rest. In memory they are always clear.
///
/// Called by one thread at a time for each engine, while it writes or loads; results are written as they are.
/// Reference: k8s.io/apiserver `storage/value.Transformer`.
package protocol ValueTransformer: Sendable {
    /// - Returns: what is written in place of the document.
    /// - Throws: `.io` if it cannot be sealed; nothing is written then.
    func seal(_ document: [UInt8], of key: ObjectKey) throws(StorageError) -> [UInt8]

    /// - Parameter stored: what is in the file, whoever wrote it.
    func open(_ stored: [UInt8], of key: ObjectKey) throws(UnreadableValue) -> OpenedValue
}

/// A document that was stored under a transformation.
package struct OpenedValue: Sendable {
    package var document: [UInt8]
    /// Whether it would be written in another form today.
    package var isStale: Bool
    /// Whether the transformation proves that the document is the one that was sealed.
    package var isAuthentic: Bool

    package init(_ document: [UInt8], isStale: Bool = false, isAuthentic: Bool = true) {
        self.document = document
        self.isStale = isStale
        self.isAuthentic = isAuthentic
    }
}

/// A value that cannot be read with the keys at hand. It may be sound: another configuration can read it.
package struct UnreadableValue: Error {
    /// Which key is missing, or why it does not fit; without the object's name.
    package var reason: String

    package init(_ reason: String) { self.reason = reason }
}

/// Documents are stored as they are.
package struct PlainValues: ValueTransformer {
    /// What sealed values begin with, and no document does.
    package static let sealedPrefix = Array("k8s:enc:".utf8)

    package init() {}

    package func seal(_ document: [UInt8], of key: ObjectKey) -> [UInt8] { document }

    package func open(_ stored: [UInt8], of key: ObjectKey) throws(UnreadableValue) -> OpenedValue {
        guard stored.starts(with: Self.sealedPrefix) else { return OpenedValue(stored) }
        throw UnreadableValue(
            "no matching prefix found: it is encrypted with \(Self.name(of: stored)), and no key is configured")
    }

    /// The provider and key of a sealed value, for people: `aesgcm key "key1"`.
    package static func name(of stored: [UInt8]) -> String {
        let parts = String(decoding: stored.prefix(128), as: UTF8.self).split(separator: ":", maxSplits: 5)
        guard parts.count == 6 else { return "an unknown key" }
        let key = parts[4].prefix(64)
        return "\(parts[2].prefix(16)) key \(String(key).goQuoted)"
    }
}
