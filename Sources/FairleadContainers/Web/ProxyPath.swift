import FairleadModel

/// The path of a request to a proxy subresource, cut where what is passed on begins. Still percent-encoded.
package struct ProxyPath: Hashable, Sendable {
    /// Up to `/proxy`.
    package var prefix: String
    /// Empty, or with a slash at its beginning.
    package var rest: String

    /// - Parameter name: of the object, decoded.
    package init(_ path: String, name: String) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let place = parts.indices.dropFirst().first { index in
            parts[index].removingPercentEscapes == "proxy" && parts[index - 1].removingPercentEscapes == name
        }
        guard let place else {
            (prefix, rest) = (path, "")
            return
        }
        prefix = parts[...place].joined(separator: "/")
        rest = parts[(place + 1)...].map { "/" + $0 }.joined()
    }

    /// The pairs of a query, encoded.
    package static func query(_ pairs: [(name: String, value: String)]) -> String {
        pairs.map { "\(encoded($0.name))=\(encoded($0.value))" }.joined(separator: "&")
    }

    private static func encoded(_ text: String) -> String {
        var result: [UInt8] = []
        let digits = Array("0123456789ABCDEF".utf8)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
                UInt8(ascii: "~"):
                result.append(byte)
            default: result += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
