/// An object on its way into storage: its tree, and its JSON with a gap for the resourceVersion.
///
/// The revision is only known at commit time, so encoding (the expensive part) happens before, outside any lock, and
/// the digits are inserted into the gap afterwards.
package struct Document: Sendable {
    /// The object without `metadata.resourceVersion`.
    package let value: Value
    /// The JSON of `value`, with `"resourceVersion":""` as the first member of its metadata.
    package let bytes: [UInt8]
    /// The offset in `bytes` between those two quotes.
    package let revisionOffset: Int

    /// Members are written in the order kind, apiVersion, metadata, then the rest sorted; `metadata` must be an object.
    package init(_ object: Value) {
        var value = object
        value.set(nil, at: "metadata", "resourceVersion")
        var writer = JSONWriter(capacity: 4096)
        revisionOffset = writer.writeObjectWithRevisionGap(value)
        bytes = writer.bytes
        self.value = value
    }

    /// Wraps what was loaded from storage; the caller decodes `value`.
    package init(value: Value, bytes: [UInt8], revisionOffset: Int) {
        self.value = value
        self.bytes = bytes
        self.revisionOffset = revisionOffset
    }
}
