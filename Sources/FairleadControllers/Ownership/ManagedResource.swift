package import FairleadModel

/// A resource whose objects can be listed, watched and deleted: the namespace controller deletes them and the garbage
/// collector follows their owners. The server passes the list, without Events.
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
