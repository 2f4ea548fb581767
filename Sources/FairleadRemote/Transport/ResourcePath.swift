import FairleadModel

/// Where resources are in the API: `/api/v1/namespaces/default/services/web`.
enum ResourcePath {
    /// - Parameter namespace: nil or empty for all namespaces, and for resources of the cluster.
    static func collection(_ resource: GroupVersionResource, namespace: String?) -> String {
        var path = resource.group.isEmpty ? "/api/" : "/apis/\(escaped(resource.group))/"
        path += escaped(resource.version)
        if let namespace, !namespace.isEmpty { path += "/namespaces/\(escaped(namespace))" }
        return path + "/" + escaped(resource.resource)
    }

    static func object(
        _ resource: GroupVersionResource, namespace: String, name: String, subresource: String? = nil
    ) -> String {
        let path = collection(resource, namespace: namespace) + "/" + escaped(name)
        return subresource.map { path + "/" + escaped($0) } ?? path
    }

    /// The text as one segment of a path, or one value of a query (RFC 3986: what is not unreserved is escaped).
    static func escaped(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                result += byte < 16 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return result
    }
}
