/// A namespace and a name, as Kubernetes' NamespacedName: the key of controllers' queues and of objects in informers.
package struct ObjectName: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// Empty for cluster-scoped objects.
    package var namespace: String
    package var name: String

    package init(namespace: String, name: String) {
        self.namespace = namespace
        self.name = name
    }

    package init(_ key: ObjectKey) {
        namespace = key.namespace
        name = key.name
    }

    package static func < (left: ObjectName, right: ObjectName) -> Bool {
        left.namespace == right.namespace ? left.name < right.name : left.namespace < right.namespace
    }

    package var description: String { namespace.isEmpty ? name : "\(namespace)/\(name)" }
}

extension StoredObject {
    package var objectName: ObjectName { ObjectName(key) }
}
