#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

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

    /// Byte by byte too: texts that Unicode calls equivalent are different names.
    package static func == (left: ObjectKey, right: ObjectKey) -> Bool {
        left.name.isSameBytes(as: right.name) && left.namespace.isSameBytes(as: right.namespace)
            && left.resource == right.resource
    }

    /// Groups are left out: few resources of different groups have one name.
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

extension String {
    /// Order by bytes, as the API sorts, and not by Unicode's canonical form.
    package func isBefore(_ other: String) -> Bool {
        withBytes(of: other) { left, right in
            let common = min(left.count, right.count)
            guard common > 0, let own = left.baseAddress, let others = right.baseAddress else {
                return left.count < right.count
            }
            let order = memcmp(own, others, common)
            return order == 0 ? left.count < right.count : order < 0
        }
    }

    func isSameBytes(as other: String) -> Bool {
        withBytes(of: other) { left, right in
            guard left.count == right.count, let own = left.baseAddress, let others = right.baseAddress else {
                return left.count == right.count
            }
            return memcmp(own, others, left.count) == 0
        }
    }

    /// Without taking a copy of either, unless a text is not one run of bytes (bridged from Objective-C).
    private func withBytes<Result>(
        of other: String, _ body: (UnsafeBufferPointer<UInt8>, UnsafeBufferPointer<UInt8>) -> Result
    ) -> Result {
        let found = utf8.withContiguousStorageIfAvailable { own in
            other.utf8.withContiguousStorageIfAvailable { others in body(own, others) }
        }
        if let found, let found { return found }
        var left = self
        var right = other
        return left.withUTF8 { own in right.withUTF8 { others in body(own, others) } }
    }
}
