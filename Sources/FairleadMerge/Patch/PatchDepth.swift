import FairleadModel

/// Keeps a document from nesting too deeply while a JSON patch changes it: each of its operations nests by as much as
/// a body may, and there may be thousands.
struct PatchDepth {
    static let limit = JSON.maximumStoredDepth
    /// How many values may be looked at to learn how deep what is moved or copied really is.
    private static let budget = 1_000_000

    /// The document nests at most this deeply.
    private var bound: Int
    private var looked = 0

    init(of document: Value) { bound = document.extent.depth }

    /// Whether a new value may stand below `steps` steps.
    mutating func allows(_ value: Value, below steps: Int) -> Bool { takes(value.extent.depth, below: steps) }

    /// Whether a part of the document, found below `source` steps, may stand below `steps` steps. What is known without
    /// a look at it is nearly always enough.
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
