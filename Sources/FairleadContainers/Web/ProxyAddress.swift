/// `[scheme:]name[:port]`.
package struct ProxyAddress {
    /// Empty for http.
    package var scheme = ""
    package var name: String
    package var port = ""

    package init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        switch parts.count {
        case 1: name = parts[0]
        case 2: (name, port) = (parts[0], parts[1])
        case 3 where ["http", "https", ""].contains(parts[0]): (scheme, name, port) = (parts[0], parts[1], parts[2])
        default: return nil
        }
        if name.isEmpty { return nil }
    }

    package var defaultPort: UInt16 { scheme == "https" ? 443 : 80 }
}
