extension Value {
    /// What Go makes of a document that it reads without a type and writes again: numbers have been floating-point
    /// numbers in between. They change beyond 2^53 only.
    package var goDecoded: Value {
        switch self {
        case .int(let number):
            if number.magnitude <= 1 << 53 { return self }
            let double = Double(number)
            return Int64(double.goJSON).map { .int($0) } ?? .double(double)
        case .array(let elements): return .array(elements.map(\.goDecoded))
        case .object(var object):
            object.mapValues { _, value in value = value.goDecoded }
            return .object(object)
        default: return self
        }
    }

    /// Compact JSON as Go writes it by default: `<`, `>`, `&` and two line separators of Unicode are escaped.
    package var goJSONBytes: [UInt8] {
        let plain = jsonBytes
        var bytes: [UInt8] = []
        bytes.reserveCapacity(plain.count)
        for (index, byte) in plain.enumerated() {
            switch byte {
            case UInt8(ascii: "<"): bytes += "\\u003c".utf8
            case UInt8(ascii: ">"): bytes += "\\u003e".utf8
            case UInt8(ascii: "&"): bytes += "\\u0026".utf8
            case 0xA8 where Self.endsSeparator(plain, index), 0xA9 where Self.endsSeparator(plain, index):
                bytes.removeLast(2)
                bytes += (byte == 0xA8 ? "\\u2028" : "\\u2029").utf8
            default: bytes.append(byte)
            }
        }
        return bytes
    }

    /// Whether the byte is the third of U+2028 or U+2029: E2 80 A8 or E2 80 A9.
    private static func endsSeparator(_ bytes: [UInt8], _ index: Int) -> Bool {
        index >= 2 && bytes[index - 2] == 0xE2 && bytes[index - 1] == 0x80
    }
}
