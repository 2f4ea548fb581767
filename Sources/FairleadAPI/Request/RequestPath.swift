import FairleadModel

/// What a path names, before anything is looked up.
///
/// Reference: k8s.io/apiserver `endpoints/request.RequestInfoFactory`.
struct RequestPath: Sendable, Equatable {
    var group: String
    var version: String
    /// Empty for the path of a version itself.
    var resource: String
    var namespace: String?
    var name: String?
    var subresource: String?
    /// What follows the subresource (the path given to a proxy), without the leading slash.
    var trailing: [String] = []
    /// Whether the path has the deprecated `/watch/` prefix.
    var isWatch = false
    /// Whether a segment is empty that must not be: double slashes are never collapsed.
    private(set) var hasEmptyPart = false

    var groupVersionResource: GroupVersionResource {
        GroupVersionResource(group: group, version: version, resource: resource)
    }

    /// Parses `/api/v1/…` and `/apis/<group>/<version>/<resource>…`; nil for every other path, including those of
    /// discovery. Kubernetes decodes a path before splitting it: `%2F` separates like a slash.
    init?(_ path: String) {
        guard let segments = RequestPath.segments(of: path), let first = segments.first else { return nil }
        var rest: ArraySlice<String>
        switch first {
        case "api" where segments.count >= 3:
            group = ""
            version = segments[1]
            rest = segments[2...]
        case "apis" where segments.count >= 4:
            group = segments[1]
            version = segments[2]
            rest = segments[3...]
        default: return nil
        }
        if rest.first == "watch", rest.count > 1 {
            isWatch = true
            rest = rest.dropFirst()
        }
        // `/namespaces/x` is a namespace; `/namespaces/x/services` is about services in it; but `status` and `finalize`
        // there are subresources of the namespace.
        if rest.first == "namespaces", rest.count >= 3, !["status", "finalize"].contains(rest[rest.startIndex + 2]) {
            let name = rest[rest.startIndex + 1]
            // An empty name (`/namespaces//pods`) means all namespaces.
            namespace = name.isEmpty ? nil : name
            rest = rest.dropFirst(2)
        }
        guard let resource = rest.first else { return nil }
        self.resource = resource
        rest = rest.dropFirst()
        name = rest.popFirst()
        subresource = rest.popFirst()
        trailing = Array(rest)
        hasEmptyPart =
            group.isEmpty && first == "apis" || version.isEmpty || resource.isEmpty || name?.isEmpty == true
            || subresource?.isEmpty == true
    }

    /// The segments of a percent-decoded path, including empty ones; one trailing slash is ignored.
    ///
    /// - Returns: nil for a path that begins with two slashes, which names nothing.
    private static func segments(of path: String) -> [String]? {
        let decoded = path.removingPercentEscapes.utf8
        if decoded.starts(with: "//".utf8) { return nil }
        let slash = UInt8(ascii: "/")
        guard var start = decoded.firstIndex(of: slash).map(decoded.index(after:)) else { return [] }
        var segments: [String] = []
        segments.reserveCapacity(8)
        while start < decoded.endIndex {
            let end = decoded[start...].firstIndex(of: slash) ?? decoded.endIndex
            segments.append(String(Substring(decoded[start..<end])))
            guard end < decoded.endIndex else { break }
            start = decoded.index(after: end)
        }
        return segments
    }
}

extension StringProtocol {
    /// The text with each `%XX` replaced by its byte; broken escapes stay as they are, and invalid UTF-8 becomes
    /// U+FFFD.
    package var removingPercentEscapes: String {
        guard utf8.contains(UInt8(ascii: "%")) else { return String(self) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(utf8.count)
        let source = Array(utf8)
        var index = 0
        while index < source.count {
            if source[index] == UInt8(ascii: "%"), index + 2 < source.count,
                let byte = UInt8(String(decoding: source[index + 1...index + 2], as: UTF8.self), radix: 16)
            {
                bytes.append(byte)
                index += 3
            } else {
                bytes.append(source[index])
                index += 1
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
