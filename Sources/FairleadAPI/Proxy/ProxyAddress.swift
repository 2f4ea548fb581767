/// `[scheme:]name[:port]`.
struct ProxyAddress {
    /// Empty for http.
    var scheme = ""
    var name: String
    var port = ""

    init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        switch parts.count {
        case 1: name = parts[0]
        case 2: (name, port) = (parts[0], parts[1])
        case 3 where ["http", "https", ""].contains(parts[0]): (scheme, name, port) = (parts[0], parts[1], parts[2])
        default: return nil
        }
        if name.isEmpty { return nil }
    }

    var defaultPort: UInt16 { scheme == "https" ? 443 : 80 }
}
