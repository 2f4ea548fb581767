import FairleadModel

/// Limits the nesting of a document while a JSON patch changes it: each operation can add as much nesting as a body may
/// have, and there may be thousands of operations.
struct PatchDepth {
    static let limit = JSON.maximumStoredDepth
    /// How many values may be visited to find out how deeply a moved or copied part is really nested.
    private static let budget = 1_000_000

    /// An upper bound of the document's nesting.
    private var bound: Int
    private var looked = 0

    init(of document: Value) { bound = document.extent.depth }

    /// Whether a new value may be put `steps` steps deep.
    mutating func allows(_ value: Value, below steps: Int) -> Bool { takes(value.extent.depth, below: steps) }

    /// Whether a part of the document, found `source` steps deep, may be put `steps` steps deep. The known bound almost
    /// always decides, without visiting the part.
    mutating func allows(_ part: PatchTree, from source: Int, below steps: Int) -> Bool {
        if takes(max(bound - source, 0), below: steps) { return true }
        guard looked < Self.budget else { return false }
        let extent = part.value.extent
        looked += extent.count
        return takes(extent.depth, below: steps)
    }

    private mutating func takes(_ depth: Int, below steps: Int) -> Bool {
        guard depth <= Self.limit, steps <= Self.limit - depth else { return false }
        bound = max(bound, steps + depth)
        return true
    }
}
