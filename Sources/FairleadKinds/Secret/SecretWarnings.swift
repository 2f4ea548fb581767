import FairleadModel
import FairleadSchema

/// What is wrong with the contents of a TLS Secret, which is accepted nevertheless: the first formal error that Go's
/// TLS library would find. Whether key and certificate match is not checked.
///
/// Reference: k8s.io/kubernetes `pkg/registry/core/secret` (warningsForSecret); Go, `tls.X509KeyPair`.
enum SecretWarnings {
    static func of(_ secret: Value) -> [String] {
        guard secret.text("type") == "kubernetes.io/tls" else { return [] }
        func blocks(_ key: String) -> [PEMBlock] {
            PEMBlock.all(in: Base64.decode(secret.at("data", key)?.string ?? ""))
        }
        return [
            certificateProblem(blocks("tls.crt")) ?? keyProblem(blocks("tls.key"))
                ?? contentProblem(blocks("tls.crt"))
        ].compactMap { $0 }
    }

    private static func certificateProblem(_ blocks: [PEMBlock]) -> String? {
        if blocks.contains(where: { $0.type == "CERTIFICATE" }) { return nil }
        if blocks.isEmpty { return "tls: failed to find any PEM data in certificate input" }
        if blocks.count == 1, blocks[0].type.hasSuffix("PRIVATE KEY") {
            return "tls: failed to find certificate PEM data in certificate input, but did find a private key; "
                + "PEM inputs may have been switched"
        }
        return "tls: failed to find \"CERTIFICATE\" PEM block in certificate input after skipping PEM blocks of the "
            + "following types: \(types(of: blocks))"
    }

    private static func keyProblem(_ blocks: [PEMBlock]) -> String? {
        if blocks.contains(where: { $0.type == "PRIVATE KEY" || $0.type.hasSuffix(" PRIVATE KEY") }) { return nil }
        if blocks.isEmpty { return "tls: failed to find any PEM data in key input" }
        if blocks.count == 1, blocks[0].type == "CERTIFICATE" {
            return "tls: found a certificate rather than a key in the PEM for the private key"
        }
        return "tls: failed to find PEM block with type ending in \"PRIVATE KEY\" in key input after skipping PEM "
            + "blocks of the following types: \(types(of: blocks))"
    }

    /// A certificate is a DER sequence with nothing after it.
    private static func contentProblem(_ blocks: [PEMBlock]) -> String? {
        guard let bytes = blocks.first(where: { $0.type == "CERTIFICATE" })?.bytes else { return nil }
        guard let end = PEMBlock.endOfSequence(bytes) else { return "x509: malformed certificate" }
        return end < bytes.count ? "x509: trailing data" : nil
    }

    private static func types(of blocks: [PEMBlock]) -> String {
        "[" + blocks.map(\.type).joined(separator: " ") + "]"
    }
}

/// A block of a PEM file (RFC 1421): its type and its contents.
struct PEMBlock: Equatable {
    var type: String
    var bytes: [UInt8]

    private static let begin = Array("-----BEGIN ".utf8)
    private static let dashes = Array("-----".utf8)

    /// The blocks of a file; anything else is skipped.
    static func all(in file: [UInt8]) -> [PEMBlock] {
        var blocks: [PEMBlock] = []
        var open: (type: [UInt8], body: [UInt8])?
        for line in file.split(separator: UInt8(ascii: "\n")) {
            let line = trimmed(line)
            if line.starts(with: begin), line.count > begin.count + dashes.count - 1, line.suffix(5) == dashes[...] {
                open = (Array(line.dropFirst(begin.count).dropLast(dashes.count)), [])
            } else if let block = open, line.elementsEqual("-----END ".utf8 + block.type + dashes) {
                let text = String(decoding: block.body, as: UTF8.self)
                blocks.append(
                    PEMBlock(type: String(decoding: block.type, as: UTF8.self), bytes: Base64.decode(text)))
                open = nil
            } else if !line.contains(UInt8(ascii: ":")) {
                // Headers have a colon.
                open?.body += line
            }
        }
        return blocks
    }

    private static func trimmed(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var line = line
        while let last = line.last, [0x20, 0x09, 0x0D].contains(last) { line.removeLast() }
        return line
    }

    /// The end of the DER sequence at the start of the bytes; nil if there is none.
    static func endOfSequence(_ bytes: [UInt8]) -> Int? {
        guard bytes.count >= 2, bytes[0] == 0x30 else { return nil }
        var length = Int(bytes[1])
        var start = 2
        if length >= 0x80 {
            let size = length - 0x80
            guard (1...4).contains(size), bytes.count >= 2 + size else { return nil }
            length = bytes[2..<(2 + size)].reduce(0) { $0 << 8 | Int($1) }
            start += size
        }
        return start + length <= bytes.count ? start + length : nil
    }
}
