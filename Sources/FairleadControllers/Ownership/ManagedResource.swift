package import FairleadModel

/// A resource whose objects can be listed, watched and deleted: what the namespace controller empties and the garbage
/// collector follows. The server passes the list, events left out.
package struct ManagedResource: Hashable, Sendable {
    package var resource: GroupVersionResource
    package var kind: String
    package var isNamespaced: Bool

    package init(_ resource: GroupVersionResource, kind: String, isNamespaced: Bool) {
        self.resource = resource
        self.kind = kind
        self.isNamespaced = isNamespaced
    }
}
