/// Where an object lives: the resource, then the namespace (empty for cluster-scoped ones), then the name.
/// The order is that of lists: by namespace, then by name, byte by byte.
package struct ObjectKey: Hashable, Sendable, Comparable, CustomStringConvertible {
    package var resource: GroupResource
    package var namespace: String
    package var name: String

    package init(_ resource: GroupResource, namespace: String, name: String) {
        self.resource = resource
        self.namespace = namespace
        self.name = name
    }

    package static func < (left: ObjectKey, right: ObjectKey) -> Bool {
        if left.resource != right.resource {
            return (left.resource.group, left.resource.resource) < (right.resource.group, right.resource.resource)
        }
        return left.namespace == right.namespace ? left.name < right.name : left.namespace < right.namespace
    }

    /// `services default/web`, for logs.
    package var description: String { namespace.isEmpty ? "\(resource) \(name)" : "\(resource) \(namespace)/\(name)" }
}
