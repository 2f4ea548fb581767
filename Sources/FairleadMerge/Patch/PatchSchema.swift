/// What a strategic merge patch needs to know about a type; implemented for `TypeSchema`.
package protocol PatchSchema: Sendable {
    /// A field of the object, or of a map's elements; nil if the type has no such field.
    func patchField(_ name: String) -> PatchField?
}

package struct PatchField: Sendable {
    /// The type of the field's value; of a list, the type of its elements. nil for scalars and free-form values.
    package var child: (any PatchSchema)?
    /// `patchMergeKey`: the member that identifies an element of the list.
    package var mergeKey: String?
    /// `patchStrategy`: some of `merge`, `replace`, `retainKeys`.
    package var strategies: [String]

    package init(child: (any PatchSchema)?, mergeKey: String? = nil, strategies: [String] = []) {
        self.child = child
        self.mergeKey = mergeKey
        self.strategies = strategies
    }

    /// How values are merged; `retainKeys` says nothing about that.
    var strategy: String { strategies.first { $0 != "retainKeys" } ?? "" }
}
