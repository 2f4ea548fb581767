import FairleadModel

/// Texts with PEM blocks (RFC 7468).
enum PEMText {
    /// Each block from its first to its last line, whatever is between and around them.
    static func blocks(in text: String) -> [String] {
        var blocks: [String] = []
        var lines: [Substring] = []
        for line in text.split(whereSeparator: \.isNewline) {
            if line.hasPrefix("-----BEGIN ") { lines = [] }
            lines.append(line)
            guard line.hasPrefix("-----END "), lines.first?.hasPrefix("-----BEGIN ") == true else { continue }
            blocks.append(lines.joined(separator: "\n") + "\n")
            lines = []
        }
        return blocks
    }

    /// The type and the contents of the first block that can be read, however long its lines are; nil for none. So
    /// does Go's `encoding/pem` read.
    static func first(in text: String) -> (type: String, bytes: [UInt8])? {
        for block in blocks(in: text) {
            let lines = block.split(whereSeparator: \.isNewline)
            guard let first = lines.first, let last = lines.last, lines.count >= 2, first.hasSuffix("-----") else {
                continue
            }
            let type = first.dropFirst("-----BEGIN ".count).dropLast("-----".count)
            let body = lines.dropFirst().dropLast().joined(separator: "").filter { !$0.isWhitespace }
            guard last == "-----END \(type)-----", let text = try? Base64.canonical(body) else { continue }  // as Go
            return (String(type), Base64.decode(text))
        }
        return nil
    }
}
