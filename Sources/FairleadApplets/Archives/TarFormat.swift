import FairleadModel

/// One member of a tar archive.
struct TarEntry {
    enum Kind: Hashable, Sendable { case file, directory, link(String), hardLink(String), other }

    var path: String
    var kind: Kind
    var mode: UInt16
    var user: UInt32
    var group: UInt32
    var modified: Int64
    var size: Int
}

/// The ustar format, with the long names of GNU and the paths of pax.
enum TarFormat {
    static let block = 512

    /// The header blocks of a member.
    static func header(_ entry: TarEntry) -> [UInt8] {
        var result: [UInt8] = []
        let path = Array(entry.path.utf8)
        if path.count > 100 {
            result += raw(name: Array("././@LongLink".utf8), entry, type: "L", size: path.count + 1, link: [])
            result += padded(path + [0])
        }
        var (type, link): (Unicode.Scalar, [UInt8]) = ("0", [])
        switch entry.kind {
        case .directory: type = "5"
        case .link(let target): (type, link) = ("2", Array(target.utf8))
        default: break
        }
        return result + raw(name: path, entry, type: type, size: entry.size, link: link)
    }

    static func padded(_ bytes: [UInt8]) -> [UInt8] {
        bytes + [UInt8](repeating: 0, count: (block - bytes.count % block) % block)
    }

    private static func raw(
        name: [UInt8], _ entry: TarEntry, type: Unicode.Scalar, size: Int, link: [UInt8]
    ) -> [UInt8] {
        var header = [UInt8](repeating: 0, count: block)
        func put(_ bytes: some Sequence<UInt8>, at start: Int, _ width: Int) {
            for (index, byte) in bytes.prefix(width).enumerated() { header[start + index] = byte }
        }
        func octal(_ number: Int64, at start: Int, _ width: Int) {
            let digits = String(max(0, number), radix: 8)
            let text = String(repeating: "0", count: max(0, width - 1 - digits.count)) + digits
            put(text.utf8.suffix(width - 1), at: start, width - 1)
        }
        put(name, at: 0, 100)
        octal(Int64(entry.mode), at: 100, 8)
        octal(Int64(entry.user), at: 108, 8)
        octal(Int64(entry.group), at: 116, 8)
        octal(Int64(size), at: 124, 12)
        octal(entry.modified, at: 136, 12)
        put([UInt8](repeating: 32, count: 8), at: 148, 8)
        header[156] = UInt8(truncatingIfNeeded: type.value)
        put(link, at: 157, 100)
        put("ustar".utf8, at: 257, 6)
        put("00".utf8, at: 263, 2)
        let sum = header.reduce(0) { $0 + Int64($1) }
        octal(sum, at: 148, 7)
        header[155] = 32
        return header
    }

    /// Reads a header block; nil if it is none.
    static func entry(_ header: [UInt8]) -> (entry: TarEntry, type: UInt8)? {
        guard header.count == block else { return nil }
        func text(_ range: Range<Int>) -> String {
            String(decoding: header[range].prefix { $0 != 0 }, as: UTF8.self)
        }
        func number(_ range: Range<Int>) -> Int64? {
            let field = header[range]
            if let first = field.first, first & 0x80 != 0 {
                // Large numbers are in binary.
                return field.dropFirst().suffix(8).reduce(0) { ($0 & 0x007F_FFFF_FFFF_FFFF) << 8 | Int64($1) }
            }
            let digits = text(range).filter { $0 != " " }
            return digits.isEmpty ? 0 : Int64(digits, radix: 8)
        }
        guard let sum = number(148..<156), let size = number(124..<136), size >= 0 else { return nil }
        let own = header.enumerated().reduce(0) { $0 + Int64((148..<156).contains($1.offset) ? 32 : $1.element) }
        guard own == sum, let length = Int(exactly: size) else { return nil }
        var path = text(0..<100)
        if header[257..<262].elementsEqual("ustar".utf8), !header[257..<263].elementsEqual("ustar ".utf8) {
            let prefix = text(345..<500)
            if !prefix.isEmpty { path = prefix + "/" + path }
        }
        let type = header[156]
        let link = text(157..<257)
        let kind: TarEntry.Kind =
            switch type {
            case 0, UInt8(ascii: "0"), UInt8(ascii: "7"): path.hasSuffix("/") ? .directory : .file
            case UInt8(ascii: "1"): .hardLink(link)
            case UInt8(ascii: "2"): .link(link)
            case UInt8(ascii: "5"): .directory
            default: .other
            }
        let entry = TarEntry(
            path: path, kind: kind, mode: UInt16(truncatingIfNeeded: (number(100..<108) ?? 0o644) & 0o7777),
            user: UInt32(clamping: number(108..<116) ?? 0), group: UInt32(clamping: number(116..<124) ?? 0),
            modified: number(136..<148) ?? 0, size: length)
        return (entry, type)
    }

    /// The values of a pax header: `LENGTH KEY=VALUE\n`, repeated.
    static func pax(_ bytes: [UInt8]) -> [String: String] {
        var result: [String: String] = [:]
        var rest = bytes[...]
        while let space = rest.firstIndex(of: 32), let length = Int(String(decoding: rest[..<space], as: UTF8.self)),
            length > space - rest.startIndex + 1, length <= rest.count
        {
            let record = rest[(space + 1)..<(rest.startIndex + length - 1)]
            if let equals = record.firstIndex(of: UInt8(ascii: "=")) {
                let name = String(decoding: record[..<equals], as: UTF8.self)
                result[name] = String(decoding: record[(equals + 1)...], as: UTF8.self)
            }
            rest = rest.dropFirst(length)
        }
        return result
    }
}
