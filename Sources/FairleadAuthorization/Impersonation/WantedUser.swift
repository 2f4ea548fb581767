import FairleadModel

/// The user that a client asks to be: the `Impersonate-…` headers, as they came.
///
/// Reference: Kubernetes documentation, "User Impersonation".
struct WantedUser: Sendable, Hashable {
    var name = ""
    var uid = ""
    var groups: [String] = []
    var extra: [String: [String]] = [:]

    private static let extraPrefix = "impersonate-extra-"

    /// - Returns: nil if nobody else is meant.
    /// - Throws: 400 for other headers without the user's name.
    init?(_ headers: [(name: String, value: String)]) throws(APIStatus) {
        var isAsking = false
        var hasName = false
        var hasUID = false
        for header in headers {
            guard Self.isImpersonation(header.name) else { continue }
            let key = header.name.lowercased()
            switch key {
            case "impersonate-user":
                // Of several, the first counts, even if it is empty.
                if !hasName { name = header.value }
                hasName = true
            case "impersonate-uid":
                if !hasUID { uid = header.value }
                hasUID = true
            case "impersonate-group":
                groups.append(header.value)
                isAsking = true
            case _ where key.utf8.starts(with: Self.extraPrefix.utf8):
                let escaped = String(Substring(key.utf8.dropFirst(Self.extraPrefix.utf8.count)))
                extra[Self.unescaped(escaped), default: []].append(header.value)
                isAsking = true
            default: break
            }
        }
        if !name.isEmpty { return }
        guard isAsking || !uid.isEmpty else { return nil }
        throw .badRequest("requested \(goText) without impersonating a user name")
    }

    /// Decided without building another text: nearly no header is one.
    private static func isImpersonation(_ name: String) -> Bool {
        let prefix = "impersonate-".utf8
        guard name.utf8.count > prefix.count else { return false }
        return zip(name.utf8, prefix).allSatisfy { $0 | 0x20 == $1 || $0 == $1 }
    }

    /// Keys are percent-encoded, since header names allow few characters; a broken one stands for itself.
    private static func unescaped(_ key: String) -> String {
        var bytes: [UInt8] = []
        var rest = key.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = rest.prefix(2)
            guard digits.count == 2, let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16),
                digits.first != UInt8(ascii: "+"), digits.first != UInt8(ascii: "-")
            else { return key }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Nothing but a name was asked for: as for nodes and service accounts, whose groups are known.
    var isOnlyName: Bool { uid.isEmpty && groups.isEmpty && extra.isEmpty }

    /// Go's `%#v` of Kubernetes' type for users.
    private var goText: String {
        let extras = extra.sorted { $0.key.isBefore($1.key) }.map { "\($0.key.goQuoted):\(Self.goText($0.value))" }
        let map = extra.isEmpty ? "map[string][]string(nil)" : "map[string][]string{\(extras.joined(separator: ", "))}"
        let groups = Self.goText(groups)
        return "&user.DefaultInfo{Name:\(name.goQuoted), UID:\(uid.goQuoted), Groups:\(groups), Extra:\(map)}"
    }

    private static func goText(_ list: [String]) -> String {
        list.isEmpty ? "[]string(nil)" : "[]string{\(list.map(\.goQuoted).joined(separator: ", "))}"
    }
}

/// The names that Kubernetes gives to nodes.
package enum SystemNames {
    /// The node of `system:node:NAME`.
    package static func node(_ user: String) -> String? {
        let prefix = "system:node:"
        guard user.utf8.starts(with: prefix.utf8) else { return nil }
        let name = String(Substring(user.utf8.dropFirst(prefix.utf8.count)))
        return NameRules.dns1123Subdomain(name).isEmpty ? name : nil
    }
}
