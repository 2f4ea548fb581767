package import FairleadModel

/// The names of everything that a lab makes. All namespaces begin with the lab's name and a dot, so that what belongs to
/// it can be told from everything else.
package struct LabNames: Hashable, Sendable {
    /// `fairlead`, unless somebody wants several labs.
    package let lab: String

    /// - Parameter lab: a DNS label of at most 30 characters.
    package init(lab: String) { self.lab = lab }

    package static func isValid(_ name: String) -> Bool {
        (1...30).contains(name.utf8.count) && NameRules.dns1123Label(name).isEmpty
    }

    package var prefix: String { lab + "." }
    /// The bridge that joins all others, and the machines that are not nodes: the API server's, balancers.
    package var fabric: String { prefix + "fabric" }
    package var outside: String { prefix + "outside" }
    package func node(_ name: String) -> String { Self.file(prefix + "node." + name) }
    package func pod(_ name: ObjectName) -> String { Self.file(prefix + "pod.\(name.namespace).\(name.name)") }

    /// A name of a file: at most 255 bytes and no slashes, also if the cluster's names are longer or odd.
    private static func file(_ text: String) -> String {
        if text.utf8.count <= 200, text.utf8.allSatisfy(isPlain) { return text }
        let start = text.utf8.prefix(100).map { isPlain($0) ? Character(UnicodeScalar($0)) : "-" }
        return String(start) + "." + String(hash(text).prefix(16))
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(byte) || (0x41...0x5A).contains(byte) || (0x30...0x39).contains(byte)
            || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
    }

    /// The bridge's end of the cable to a node: its name if it fits, as `node-1`.
    static func bridgePort(ofNode name: String) -> String {
        name.utf8.count <= 15 && !["lo", bridge, bridgePortOutside].contains(name) && name.utf8.allSatisfy(isPlain)
            ? name : "n" + hash(name).prefix(14)
    }

    static let bridge = "br0"
    static let bridgePortOutside = "outside"

    /// The node's end of the cable to a pod.
    static func nodePort(ofPod uid: String) -> String { "pod" + hash(uid).prefix(11) }

    /// The pod's hardware address; a fixed one, so that nobody has to ask for it.
    static func hardwareAddress(ofPod uid: String) -> String {
        let digits = Array(hash(uid).prefix(10))
        return "02" + stride(from: 0, to: 10, by: 2).map { ":\(digits[$0])\(digits[$0 + 1])" }.joined()
    }

    private static func hash(_ text: String) -> String {
        SHA256.hash(Array(text.utf8)).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count < 2 ? "0" + digits : digits
        }.joined()
    }
}
