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
    /// What follows the subresource (the path given to a proxy), without leading slash.
    var trailing: [String] = []
    /// Whether the path has the deprecated `/watch/` prefix.
    var isWatch = false

    var groupVersionResource: GroupVersionResource {
        GroupVersionResource(group: group, version: version, resource: resource)
    }

    /// Reads `/api/v1/…` and `/apis/<group>/<version>/<resource>…`; nil for every other path, those of discovery
    /// included. Kubernetes decodes a path before it splits it: `%2F` separates like a slash.
    init?(_ path: String) {
        let segments = RequestPath.segments(of: path)
        guard let first = segments.first else { return nil }
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
        // `/namespaces/x` is a namespace; `/namespaces/x/services` is about services in it; but `status` and
        // `finalize` there are subresources of the namespace.
        if rest.first == "namespaces", rest.count >= 3, !["status", "finalize"].contains(rest[rest.startIndex + 2]) {
            namespace = rest[rest.startIndex + 1]
            rest = rest.dropFirst(2)
        }
        guard let resource = rest.first else { return nil }
        self.resource = resource
        rest = rest.dropFirst()
        name = rest.popFirst()
        subresource = rest.popFirst()
        trailing = Array(rest)
    }

    /// The non-empty segments of a percent-decoded path. An empty namespace (`/namespaces//pods`) is dropped together
    /// with the word before it: it means all namespaces.
    static func segments(of path: String) -> [String] {
        var result: [String] = []
        let raw = path.removingPercentEscapes.utf8
            .split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).dropFirst()
        for (index, segment) in zip(raw.indices, raw) {
            if segment.isEmpty {
                if result.last == "namespaces", index + 1 < raw.endIndex { result.removeLast() }
                continue
            }
            result.append(String(Substring(segment)))
        }
        return result
    }
}

extension StringProtocol {
    /// The text with `%XX` replaced by the bytes they stand for; broken escapes stay as they are, and bytes that are
    /// no UTF-8 become U+FFFD.
    var removingPercentEscapes: String {
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
