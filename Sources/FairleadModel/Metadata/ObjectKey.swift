/// Identifies an object: the resource, then the namespace (empty for cluster-scoped objects), then the name. The order
/// is that of lists: by namespace, then by name, bytewise.
package struct ObjectKey: Hashable, Sendable, Comparable, CustomStringConvertible {
    package var resource: GroupResource
    package var namespace: String
    package var name: String

    package init(_ resource: GroupResource, namespace: String, name: String) {
        self.resource = resource
        self.namespace = namespace
        self.name = name
    }

    /// Also bytewise: texts that Unicode considers equivalent are different names.
    package static func == (left: ObjectKey, right: ObjectKey) -> Bool {
        left.name.isSameBytes(as: right.name) && left.namespace.isSameBytes(as: right.namespace)
            && left.resource == right.resource
    }

    /// The group is left out: resources of different groups rarely share a name.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(resource.resource)
        hasher.combine(namespace)
        hasher.combine(name)
    }

    package static func < (left: ObjectKey, right: ObjectKey) -> Bool {
        if left.resource != right.resource {
            return (left.resource.group, left.resource.resource) < (right.resource.group, right.resource.resource)
        }
        return left.isBefore(namespace: right.namespace, name: right.name)
    }

    /// Whether this key comes before another of the same resource.
    package func isBefore(namespace: String, name: String) -> Bool {
        self.namespace.isSameBytes(as: namespace)
            ? self.name.isBefore(name) : self.namespace.isBefore(namespace)
    }

    /// `services default/web`, for logs.
    package var description: String { namespace.isEmpty ? "\(resource) \(name)" : "\(resource) \(namespace)/\(name)" }
}
