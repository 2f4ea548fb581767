/// What a strategic merge patch needs to know about the type it works on; `TypeSchema` gives it.
package protocol PatchSchema: Sendable {
    /// A field of the object, or of the elements of a map; nil where the type has no such field.
    func patchField(_ name: String) -> PatchField?
}

package struct PatchField: Sendable {
    /// The type of the field's value; of a list, the type of its elements. nil for scalars and free-form values.
    package var child: (any PatchSchema)?
    /// `patchMergeKey`: which member tells the elements of a list apart.
    package var mergeKey: String?
    /// `patchStrategy`: of `merge`, `replace`, `retainKeys`.
    package var strategies: [String]

    package init(child: (any PatchSchema)?, mergeKey: String? = nil, strategies: [String] = []) {
        self.child = child
        self.mergeKey = mergeKey
        self.strategies = strategies
    }

    /// How values are joined, which `retainKeys` says nothing about.
    var strategy: String { strategies.first { $0 != "retainKeys" } ?? "" }
}
