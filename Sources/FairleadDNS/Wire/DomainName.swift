/// A domain name in wire format: labels of 1 to 63 bytes, each preceded by its length, then the root (RFC 1035, 3.1).
///
/// The spelling is kept; two names are equal only if they are spelled alike. To compare as DNS does, ignoring case,
/// compare `lowercased`.
package struct DomainName: Hashable, Sendable, CustomStringConvertible {
    /// Uncompressed, 1 to 255 bytes, the last one 0.
    package let bytes: [UInt8]

    package static let root = DomainName(validBytes: [0])
    static let maximumLength = 255
    static let maximumLabel = 63

    /// The caller guarantees valid bytes.
    init(validBytes bytes: [UInt8]) { self.bytes = bytes }

    /// Parses the text form of zone files (RFC 1035, 5.1): `\.` and `\DDD` stand for bytes, and the final dot may be
    /// left out. nil if a label is empty or too long, or if the whole name is too long.
    package init?(_ text: String) {
        if text == "." || text.isEmpty {
            self = .root
            return
        }
        var bytes: [UInt8] = [0]
        var start = 0
        var source = Array(text.utf8)[...]
        while let byte = source.popFirst() {
            switch byte {
            case UInt8(ascii: "."):
                guard bytes.count > start + 1 else { return nil }
                start = bytes.count
                bytes.append(0)
                continue
            case UInt8(ascii: "\\"):
                guard let escaped = Self.unescape(&source) else { return nil }
                bytes.append(escaped)
            default: bytes.append(byte)
            }
            guard bytes.count - start - 1 <= Self.maximumLabel else { return nil }
            bytes[start] += 1
        }
        if bytes[start] != 0 { bytes.append(0) }
        guard bytes.count <= Self.maximumLength else { return nil }
        self.bytes = bytes
    }

    private static func unescape(_ source: inout ArraySlice<UInt8>) -> UInt8? {
        guard let first = source.first else { return nil }
        guard (0x30...0x39).contains(first) else { return source.popFirst() }
        guard source.count >= 3 else { return nil }
        var number = 0
        for digit in source.prefix(3) {
            guard (0x30...0x39).contains(digit) else { return nil }
            number = number * 10 + Int(digit - 0x30)
        }
        source.removeFirst(3)
        return UInt8(exactly: number)
    }

    package var isRoot: Bool { bytes.count == 1 }

    /// The offset of each label's length byte; the root's zero is not included.
    var labelOffsets: [Int] {
        var offsets: [Int] = []
        offsets.reserveCapacity(8)
        var offset = 0
        while bytes[offset] != 0 {
            offsets.append(offset)
            offset += Int(bytes[offset]) + 1
        }
        return offsets
    }

    package var lowercased: DomainName {
        DomainName(validBytes: bytes.map { $0.asciiLowercased })
    }

    /// Whether no letter is a capital.
    var isLowercase: Bool { !bytes.contains { (0x41...0x5A).contains($0) } }

    /// Whether this is the other name or one below it, ignoring case.
    package func isWithin(_ other: DomainName) -> Bool {
        suffixOffset(of: other) != nil
    }

    /// The offset at which `other` begins in this name's bytes; nil if this name is not within it.
    func suffixOffset(of other: DomainName) -> Int? {
        let start = bytes.count - other.bytes.count
        guard start >= 0 else { return nil }
        var offset = 0
        while offset < start { offset += Int(bytes[offset]) + 1 }
        guard offset == start else { return nil }
        for index in 0..<other.bytes.count
        where bytes[start + index].asciiLowercased != other.bytes[index].asciiLowercased {
            return nil
        }
        return start
    }

    /// The name that begins at this offset of `bytes`, in the same spelling.
    func suffix(at offset: Int) -> DomainName { DomainName(validBytes: Array(bytes[offset...])) }

    /// The form used in zone files, with the final dot.
    package var description: String {
        if isRoot { return "." }
        var text = ""
        for offset in labelOffsets {
            for byte in bytes[(offset + 1)...(offset + Int(bytes[offset]))] { text += byte.zoneFileText }
            text += "."
        }
        return text
    }
}

extension UInt8 {
    var asciiLowercased: UInt8 { (0x41...0x5A).contains(self) ? self | 0x20 : self }

    /// The byte as it is written in a label of a zone file.
    fileprivate var zoneFileText: String {
        switch self {
        case UInt8(ascii: "."), UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: "("), UInt8(ascii: ")"),
            UInt8(ascii: ";"), UInt8(ascii: "@"), UInt8(ascii: "$"):
            "\\" + String(UnicodeScalar(self))
        case 0x21...0x7E: String(UnicodeScalar(self))
        default: "\\" + String(String(1000 + Int(self)).dropFirst())
        }
    }
}
