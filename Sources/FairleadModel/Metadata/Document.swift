/// An object on its way into storage: its tree, and its JSON with a gap where the resourceVersion goes.
///
/// The revision is known only when the commit happens, so encoding (the expensive part) is done before, outside of any
/// lock, and the digits are put into the gap afterwards.
package struct Document: Sendable {
    /// The object without `metadata.resourceVersion`.
    package let value: Value
    /// JSON of `value` with `"resourceVersion":""` as first member of its metadata.
    package let bytes: [UInt8]
    /// The offset in `bytes` between those two quotes.
    package let revisionOffset: Int

    /// Members are written in the order kind, apiVersion, metadata, the rest sorted; `metadata` must be an object.
    package init(_ object: Value) {
        var value = object
        value.set(nil, at: "metadata", "resourceVersion")
        var writer = JSONWriter(capacity: 1024)
        revisionOffset = writer.writeObjectWithRevisionGap(value)
        bytes = writer.bytes
        self.value = value
    }

    /// Takes what storage loaded; `value` is decoded by the caller.
    package init(value: Value, bytes: [UInt8], revisionOffset: Int) {
        self.value = value
        self.bytes = bytes
        self.revisionOffset = revisionOffset
    }
}
