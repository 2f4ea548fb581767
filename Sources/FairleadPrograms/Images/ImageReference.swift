/// A reference to an image, as containers name it: `nginx`, `registry.k8s.io/pause:3.10`, `ghcr.io/a/b@sha256:…`.
package struct ImageReference: Hashable, Sendable, CustomStringConvertible {
    /// Why a text is no reference, in the words of the reference parser that the kubelet uses.
    package struct Malformed: Error, Hashable, Sendable {
        package var message: String
    }

    /// `docker.io` if none is named.
    package var domain: String
    /// With `library/` in front of Docker's own.
    package var path: String
    package var tag: String?
    package var digest: String?

    /// As the kubelet passes it on: complete, and with `latest` where neither tag nor digest is given.
    package var description: String {
        let name = "\(domain)/\(path)"
        if let digest { return "\(name)\(tag.map { ":\($0)" } ?? "")@\(digest)" }
        return "\(name):\(tag ?? "latest")"
    }

    /// The last part of the path: what the image is known by.
    package var name: String { path.split(separator: "/").last.map(String.init) ?? path }

    package init(_ text: String) throws(Malformed) {
        let malformed = Malformed(message: "invalid reference format")
        guard text.utf8.count <= 1024 else { throw malformed }
        var rest = text[...]
        if let at = rest.utf8.lastIndex(of: UInt8(ascii: "@")) {
            let digest = rest[rest.index(after: at)...]
            guard Self.isDigest(digest) else { throw malformed }
            self.digest = String(digest)
            rest = rest[..<at]
        }
        // A colon after the last slash is the tag's, one before it a port's.
        let lastSlash = rest.utf8.lastIndex(of: UInt8(ascii: "/"))
        if let colon = rest.utf8.lastIndex(of: UInt8(ascii: ":")), lastSlash.map({ colon > $0 }) ?? true {
            let tag = rest[rest.index(after: colon)...]
            guard Self.isTag(tag) else { throw malformed }
            self.tag = String(tag)
            rest = rest[..<colon]
        }
        let parts = rest.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let first = parts[0]
        let isDomain =
            parts.count > 1
            && (first.contains(".") || first.contains(":") || first == "localhost" || first != first.lowercased())
        domain = isDomain ? String(first) : "docker.io"
        let remote = isDomain ? String(parts[1]) : String(rest)
        if domain == "index.docker.io" { domain = "docker.io" }
        path = domain == "docker.io" && !remote.contains("/") ? "library/\(remote)" : remote
        if path.lowercased() != path, Self.isPath(path.lowercased()) {
            throw Malformed(message: "invalid reference format: repository name (\(path)) must be lowercase")
        }
        guard Self.isDomain(domain), Self.isPath(path) else { throw malformed }
        if domain.utf8.count + path.utf8.count + 1 > 255 {
            throw Malformed(message: "repository name must not be more than 255 characters")
        }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(byte) || (0x41...0x5A).contains(byte) || isDigit(byte)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func isTag(_ tag: Substring) -> Bool {
        guard let first = tag.utf8.first, tag.utf8.count <= 128 else { return false }
        guard isLetterOrDigit(first) || first == UInt8(ascii: "_") else { return false }
        return tag.utf8.allSatisfy { isLetterOrDigit($0) || "_.-".utf8.contains($0) }
    }

    private static func isDigest(_ digest: Substring) -> Bool {
        let parts = digest.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let first = parts[0].utf8.first, isLetterOrDigit(first), !isDigit(first) else {
            return false
        }
        guard parts[0].utf8.allSatisfy({ isLetterOrDigit($0) || "-_+.".utf8.contains($0) }) else { return false }
        guard parts[1].utf8.count >= 32, parts[1].allSatisfy(\.isHexDigit) else { return false }
        return parts[0] != "sha256" || parts[1].utf8.count == 64
    }

    private static func isDomain(_ domain: String) -> Bool {
        let parts = domain.split(separator: ":", omittingEmptySubsequences: false)
        guard let host = parts.first, parts.count <= 2 else { return false }
        if parts.count == 2, parts[1].isEmpty || !parts[1].utf8.allSatisfy(isDigit) { return false }
        return host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            guard let first = label.utf8.first, let last = label.utf8.last else { return false }
            return isLetterOrDigit(first) && isLetterOrDigit(last)
                && label.utf8.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }
        }
    }

    /// Parts of small letters and digits, with `.`, `_`, `__` or any number of `-` between them.
    private static func isPath(_ path: String) -> Bool {
        path.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
            var separator: [UInt8] = []
            guard let last = part.utf8.last, last != 0x2D, last != 0x2E, last != 0x5F else { return false }
            for (index, byte) in part.utf8.enumerated() {
                if (0x61...0x7A).contains(byte) || isDigit(byte) {
                    if separator.isEmpty { continue }
                    let text = String(decoding: separator, as: UTF8.self)
                    let isKnown =
                        [".", "_", "__"].contains(text) || separator.allSatisfy { $0 == UInt8(ascii: "-") }
                    guard isKnown else { return false }
                    separator = []
                } else {
                    guard "._-".utf8.contains(byte), index > 0 else { return false }
                    separator.append(byte)
                }
            }
            return true
        }
    }
}
