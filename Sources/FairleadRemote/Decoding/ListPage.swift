import FairleadModel
import NIOCore

/// One page of a list, as a server sent it.
struct ListPage: Sendable {
    var objects: [StoredObject]
    var revision: Int64
    /// Where the next page begins; empty after the last.
    var continueToken: String

    /// Takes time in proportion to the page; must not run on an event loop.
    init(_ body: ByteBuffer, _ resource: GroupVersionResource) throws(APIStatus) {
        let list: Value
        do {
            list = try JSON.parse(
                Array(body.readableBytesView), maximumDepth: JSON.maximumStoredDepth + 2
            ).value
        } catch {
            throw RemoteFailure.unreadable("the list of \(resource) is no JSON: \(error.message)")
        }
        guard list.kind.hasSuffix("List"), list["metadata"]?.object != nil else {
            throw RemoteFailure.unreadable("the list of \(resource) is a \(list.kind.goQuoted), not a list")
        }
        revision = try RemoteRevision.parse(list.at("metadata", "resourceVersion"), of: "the list of \(resource)")
        continueToken = list.at("metadata", "continue")?.string ?? ""
        // Go writes an empty list as null.
        let items = list["items"]?.array ?? []
        let kind = String(list.kind.dropLast("List".count))
        objects = []
        objects.reserveCapacity(items.count)
        for item in items {
            objects.append(
                try StoredObject.remote(
                    item, resource.groupResource, kind: kind, apiVersion: list.apiVersion, keepsTree: false))
        }
    }
}
