import FairleadModel

/// Where a list that came in pages goes on, in Kubernetes' own form: base64url of
/// `{"v":"meta.k8s.io/v1","rv":…,"start":"namespace/name"}`.
///
/// Reference: k8s.io/apiserver `storage.EncodeContinue`.
struct ContinueToken: Sendable {
    /// The revision of the first page; nil (-1 on the wire) for "as things are now".
    var revision: Int64?
    /// The last object shown.
    var start: (namespace: String, name: String)

    init(revision: Int64?, start: (namespace: String, name: String)) {
        self.revision = revision
        self.start = start
    }

    init(revision: Int64, after key: ObjectKey) {
        self.init(revision: revision, start: (key.namespace, key.name))
    }

    var text: String {
        let value: Value = [
            "v": "meta.k8s.io/v1", "rv": .int(revision ?? -1),
            "start": .string("\(start.namespace)/\(start.name)\u{0}"),
        ]
        return Base64URL.encode(value.jsonBytes)
    }

    /// - Throws: 400 in Kubernetes' words.
    init(_ text: String) throws(APIStatus) {
        guard let bytes = Base64URL.decode(text) else {
            throw .badRequest("invalid continue token: continue key is not valid: illegal base64 data at input byte 0")
        }
        let value: Value
        do {
            value = try JSON.parse(bytes).value
        } catch {
            throw .badRequest("invalid continue token: continue key is not valid: \(error.message)")
        }
        guard let version = value["v"]?.string, version == "meta.k8s.io/v1" else {
            throw .badRequest(
                "invalid continue token: continue key is not valid: server does not recognize this encoded version \((value["v"]?.string ?? "").goQuoted)"
            )
        }
        let revision = value["rv"]?.int ?? 0
        guard revision != 0 else {
            throw .badRequest(
                "invalid continue token: continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)"
            )
        }
        guard let start = value["start"]?.string, !start.isEmpty else {
            throw .badRequest(
                "invalid continue token: continue key is not valid: encoded start key empty (version meta.k8s.io/v1)")
        }
        let parts = start.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else {
            throw .badRequest("invalid continue token: continue key is not valid: \(start.goQuoted)")
        }
        self.revision = revision < 0 ? nil : revision
        self.start = (String(parts[0]), String(parts[1].filter { $0 != "\u{0}" }))
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

    /// nil where a character is not of the alphabet.
    static func decode(_ text: String) -> [UInt8]? {
        var output: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for character in text.utf8 where character != UInt8(ascii: "=") {
            guard let digit = alphabet.firstIndex(of: character) else { return nil }
            bits = bits << 6 | UInt32(digit)
            count += 6
            if count >= 8 {
                count -= 8
                output.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
                bits &= (1 << UInt32(count)) - 1
            }
        }
        return output
    }
}
