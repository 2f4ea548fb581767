import FairleadClient
import FairleadModel

/// Which changes of EndpointSlices may change the explanation of a Service.
enum SliceChange {
    static func hasReadyEndpoint(_ slice: StoredObject) -> Bool {
        EndpointSliceView(slice).endpoints.contains { $0.isReady }
    }

    /// Whether the slice has gained or lost its last ready endpoint, or its endpoints are others, elsewhere, or hinted
    /// elsewhere. That one of several endpoints turns ready or unready does not matter, nor do the hints that come and go
    /// with that. The cost grows with the slice, as the cost of having written it does.
    static func matters(_ change: ObjectChange) -> Bool {
        guard let old = change.old, let new = change.new else { return true }
        if hasReadyEndpoint(old) != hasReadyEndpoint(new) { return true }
        let (before, after) = (EndpointSliceView(old).endpoints, EndpointSliceView(new).endpoints)
        return before.count != after.count || !zip(before, after).allSatisfy(isAlike)
    }

    private static func isAlike(_ old: EndpointSliceView.Endpoint, _ new: EndpointSliceView.Endpoint) -> Bool {
        old.targetUID == new.targetUID && old.nodeName == new.nodeName
            && (old.value["hints"] == new.value["hints"] || old.isReady != new.isReady)
    }
}
