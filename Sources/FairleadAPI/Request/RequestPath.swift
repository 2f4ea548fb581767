import FairleadModel

/// What a path names, before anything is looked up.
///
/// Reference: k8s.io/apiserver `endpoints/request.RequestInfoFactory`.
final class RequestPath: Sendable {
    /// Its resource is empty for the path of a version itself.
    let groupVersionResource: GroupVersionResource
    let namespace: String?
    let name: String?
    let subresource: String?
    /// What follows the subresource (the path given to a proxy), without the leading slash.
    let trailing: [String]
    /// Whether the path has the deprecated `/watch/` prefix.
    let isWatch: Bool
    /// Whether a segment is empty that must not be: double slashes are never collapsed.
    let hasEmptyPart: Bool

    var group: String { groupVersionResource.group }
    var version: String { groupVersionResource.version }
    var resource: String { groupVersionResource.resource }

    /// An object.
    init(_ resource: GroupVersionResource, namespace: String?, name: String) {
        groupVersionResource = resource
        self.namespace = namespace
        self.name = name
        subresource = nil
        trailing = []
        isWatch = false
        hasEmptyPart = false
    }

    /// Parses `/api/v1/…` and `/apis/<group>/<version>/<resource>…`; nil for every other path, including those of
    /// discovery. Kubernetes decodes a path before splitting it: `%2F` separates like a slash.
    init?(_ path: String) {
        let decoded = path.hasByte(UInt8(ascii: "%")) ? path.removingPercentEscapes : path
        guard let parts = decoded.withBytes({ Parts(Segments($0)) }) ?? nil else { return nil }
        groupVersionResource = parts.resource
        namespace = parts.namespace
        name = parts.name
        subresource = parts.subresource
        trailing = parts.trailing
        isWatch = parts.isWatch
        hasEmptyPart = parts.hasEmptyPart
    }

    private struct Parts {
        var resource: GroupVersionResource
        var namespace: String?
        var name: String?
        var subresource: String?
        var trailing: [String] = []
        var isWatch = false
        var hasEmptyPart: Bool

        init?<Bytes>(_ segments: Segments<Bytes>) {
            var rest = segments
            let first = rest.next()
            var group = ""
            switch first {
            case "api": break
            case "apis":
                guard let named = rest.next() else { return nil }
                group = named
            default: return nil
            }
            guard let version = rest.next(), var resource = rest.next() else { return nil }
            if resource == "watch" {
                var further = rest
                if let watched = further.next() {
                    (resource, rest) = (watched, further)
                    isWatch = true
                }
            }
            // `/namespaces/x` is a namespace; `/namespaces/x/services` is about services in it; but `status` and
            // `finalize` there are subresources of the namespace.
            if resource == "namespaces" {
                var further = rest
                if let named = further.next(), let inner = further.next(), inner != "status",
                    inner != "finalize"
                {
                    // An empty name (`/namespaces//pods`) means all namespaces.
                    namespace = named.isEmpty ? nil : named
                    (resource, rest) = (inner, further)
                }
            }
            self.resource = GroupVersionResource(group: group, version: version, resource: resource)
            name = rest.next()
            subresource = rest.next()
            while let segment = rest.next() { trailing.append(segment) }
            hasEmptyPart =
                group.isEmpty && first == "apis" || version.isEmpty || resource.isEmpty
                || name?.isEmpty == true
                || subresource?.isEmpty == true
        }
    }

    /// The segments of a percent-decoded path, including empty ones; one trailing slash is ignored. A path that begins
    /// with two slashes names nothing, and has none.
    private struct Segments<Bytes: RandomAccessCollection>
    where Bytes.Element == UInt8, Bytes.Index == Int {
        private let bytes: Bytes
        private var place: Int

        init(_ bytes: Bytes) {
            self.bytes = bytes
            let slash = bytes.firstIndex(of: Self.slash)
            place = slash.map { $0 + 1 } ?? bytes.endIndex
            let isTwofold =
                slash == bytes.startIndex && place < bytes.endIndex && bytes[place] == Self.slash
            if isTwofold { place = bytes.endIndex }
        }

        mutating func next() -> String? {
            guard place < bytes.endIndex else { return nil }
            var end = place
            while end < bytes.endIndex, bytes[end] != Self.slash { end += 1 }
            defer { place = end + 1 }
            return String(decoding: bytes[place..<end], as: UTF8.self)
        }

        private static var slash: UInt8 { UInt8(ascii: "/") }
    }
}
