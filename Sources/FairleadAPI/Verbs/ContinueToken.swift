import FairleadModel

/// Where a list that came in pages goes on, in Kubernetes' own form: base64url of
/// `{"v":"meta.k8s.io/v1","rv":…,"start":"namespace/name"}`; in one namespace, or outside of all, only the name.
///
/// Reference: k8s.io/apiserver `storage.EncodeContinue`.
struct ContinueToken: Sendable {
    /// The revision of the first page; nil (-1 on the wire) for "as things are now".
    var revision: Int64?
    /// The last object shown, below the place that the list is about, with its final NUL.
    private(set) var path: String

    /// - Parameter isAcrossNamespaces: whether the list shows objects of several namespaces.
    init(revision: Int64?, after key: ObjectKey, isAcrossNamespaces: Bool) {
        self.revision = revision
        path = (isAcrossNamespaces ? key.namespace + "/" : "") + key.name + "\u{0}"
    }

    /// The same place, as things are now.
    var inconsistent: ContinueToken {
        var token = self
        token.revision = nil
        return token
    }

    var text: String {
        let value: Value = ["v": "meta.k8s.io/v1", "rv": .int(revision ?? -1), "start": .string(path)]
        return Base64URL.encode(value.jsonBytes)
    }

    /// The last object shown.
    ///
    /// - Parameter namespace: that of the list; nil if it shows several.
    func start(in namespace: String?) -> (namespace: String, name: String) {
        let text = path.filter { $0 != "\u{0}" }
        if let namespace { return (namespace, text) }
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        return (String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
    }

    /// - Throws: 400 in Kubernetes' words.
    init(_ text: String) throws(APIStatus) {
        let bytes: [UInt8]
        switch Base64URL.decode(text) {
        case .success(let decoded): bytes = decoded
        case .failure(let fault): throw Self.invalid("illegal base64 data at input byte \(fault.offset)")
        }
        var value: Value
        do {
            value = try JSON.parse(bytes).value
        } catch {
            throw Self.invalid(error.message)
        }
        if value.isNull { value = .object(Object()) }
        guard value.object != nil else {
            throw Self.invalid(
                "json: cannot unmarshal \(value.jsonTypeName) into Go value of type storage.continueToken")
        }
        for (name, type) in [("rv", "int64"), ("start", "string"), ("v", "string")] {
            guard let member = value[name], !member.isNull else { continue }
            if type == "string" ? member.string != nil : member.int != nil { continue }
            let found = member.double == nil || type == "string" ? member.jsonTypeName : "number \(member.jsonText)"
            throw Self.invalid(
                "json: cannot unmarshal \(found) into Go struct field continueToken.\(name) of type \(type)")
        }
        let version = value["v"]?.string ?? ""
        guard version == "meta.k8s.io/v1" else {
            throw Self.invalid("server does not recognize this encoded version \(version)")
        }
        let revision = value["rv"]?.int ?? 0
        guard revision != 0 else {
            throw Self.invalid("incorrect encoded start resourceVersion (version meta.k8s.io/v1)")
        }
        let start = value["start"]?.string ?? ""
        guard !start.isEmpty else { throw Self.invalid("encoded start key empty (version meta.k8s.io/v1)") }
        guard Self.isClean(start) else { throw Self.invalid(start) }
        self.revision = revision < 0 ? nil : revision
        path = start.hasPrefix("/") ? String(start.dropFirst()) : start
    }

    /// Whether a path leads nowhere but down.
    private static func isClean(_ path: String) -> Bool {
        let parts = (path.hasPrefix("/") ? path.dropFirst() : path[...]).split(
            separator: "/", omittingEmptySubsequences: false)
        return path == "/" || parts.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }
    }

    private static func invalid(_ why: String) -> APIStatus {
        .badRequest("invalid continue token: continue key is not valid: \(why)")
    }
}

/// Unpadded base64 with the URL alphabet (RFC 4648, 5).
enum Base64URL {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    static func encode(_ bytes: [UInt8]) -> String {
        var output: [UInt8] = []
        var index = 0
        while index < bytes.count {
            let chunk = bytes[index..<min(index + 3, bytes.count)]
            var bits = chunk.reduce(0) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - chunk.count))
            for _ in 0...chunk.count {
                output.append(alphabet[Int(bits >> 18 & 63)])
                bits <<= 6
            }
            index += 3
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// Where a text stops being base64.
    struct Fault: Error {
        let offset: Int
    }

    /// Line breaks do not count, as in Go's decoder; everything else must be of the alphabet.
    static func decode(_ text: String) -> Result<[UInt8], Fault> {
        var output: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        var offset = 0
        for character in text.utf8 {
            defer { offset += 1 }
            if character == 0x0A || character == 0x0D { continue }
            guard let digit = value(of: character) else { return .failure(Fault(offset: offset)) }
            bits = bits << 6 | digit
            count += 6
            if count >= 8 {
                count -= 8
                output.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
                bits &= (1 << UInt32(count)) - 1
            }
        }
        // One digit alone is less than a byte.
        return count == 6 ? .failure(Fault(offset: max(0, offset - 1))) : .success(output)
    }

    private static func value(of character: UInt8) -> UInt32? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "-"): 62
        case UInt8(ascii: "_"): 63
        default: nil
        }
    }
}
