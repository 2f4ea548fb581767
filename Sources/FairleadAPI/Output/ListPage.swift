import FairleadModel
import FairleadStorage

/// One page of a list, taken from one revision.
struct ListPage: Sendable {
    var objects: [StoredObject]
    var revision: Int64
    var continueToken: String?
    var remainingItemCount: Int?
}
