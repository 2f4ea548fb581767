/// Writes protobuf's wire format (protobuf.dev, "Encoding").
struct ProtobufWriter {
    private(set) var bytes: [UInt8] = []

    init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

    mutating func append(_ raw: some Sequence<UInt8>) { bytes.append(contentsOf: raw) }

    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest > 0x7F {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func integer(_ number: Int, _ value: Int64) {
        varint(UInt64(number) << 3)
        varint(UInt64(bitPattern: value))
    }

    mutating func bool(_ number: Int, _ value: Bool) { integer(number, value ? 1 : 0) }

    mutating func double(_ number: Int, _ value: Double) {
        varint(UInt64(number) << 3 | 1)
        for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: value.bitPattern >> UInt64(8 * shift))) }
    }

    mutating func string(_ number: Int, _ text: String) {
        head(number, length: text.utf8.count)
        bytes.append(contentsOf: text.utf8)
    }

    mutating func data(_ number: Int, _ content: [UInt8]) {
        head(number, length: content.count)
        bytes.append(contentsOf: content)
    }

    /// The tag and length that precede content of this length.
    mutating func head(_ number: Int, length: Int) {
        varint(UInt64(number) << 3 | 2)
        varint(UInt64(length))
    }

    /// A nested message. Most are shorter than 128 bytes, so one byte is reserved for the length; longer ones are moved
    /// afterwards.
    mutating func message(_ number: Int, _ build: (inout ProtobufWriter) -> Void) {
        varint(UInt64(number) << 3 | 2)
        let place = bytes.count
        bytes.append(0)
        build(&self)
        var rest = UInt64(bytes.count - place - 1)
        if rest < 0x80 {
            bytes[place] = UInt8(rest)
            return
        }
        bytes[place] = UInt8(truncatingIfNeeded: rest) | 0x80
        rest >>= 7
        var more: [UInt8] = []
        while rest > 0x7F {
            more.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        more.append(UInt8(rest))
        bytes.insert(contentsOf: more, at: place + 1)
    }
}
