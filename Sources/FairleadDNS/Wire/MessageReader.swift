import FairleadModel

/// Why bytes are not a valid message. Includes the questions if they could be read before the error.
package struct WireError: Error, Hashable {
    package var reason: String
    package var questions: [Question] = []

    init(_ reason: String) { self.reason = reason }
}

/// How many questions and records the header announces; they need not really be there.
struct SectionCounts: Hashable {
    var questions: Int
    var answers: Int
    var authorities: Int
    var additionals: Int
}

/// Parses messages (RFC 1035, 4.1). As lenient as CoreDNS's decoder: missing records that the header counts, and bytes
/// after the last record, do not matter; a record that ends too early does.
struct MessageReader {
    private let bytes: [UInt8]
    private var offset = 0
    /// The end of the readable bytes; while a record's data is read, the end of that data.
    private var end: Int

    static let headerLength = 12
    /// A name of 255 bytes has no room for more: more pointers than this mean a loop.
    private static let maximumPointers = 126

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        end = bytes.count
    }

    /// The header and the four counts; nil if there are fewer than twelve bytes.
    static func header(_ bytes: [UInt8]) -> (header: MessageHeader, counts: SectionCounts)? {
        guard bytes.count >= headerLength else { return nil }
        func number(_ index: Int) -> UInt16 { UInt16(bytes[index]) << 8 | UInt16(bytes[index + 1]) }
        let counts = SectionCounts(
            questions: Int(number(4)), answers: Int(number(6)), authorities: Int(number(8)),
            additionals: Int(number(10)))
        return (MessageHeader(id: number(0), bits: number(2)), counts)
    }

    /// - Throws: `WireError`, with the questions if all of them could be read.
    static func message(_ bytes: [UInt8]) throws(WireError) -> Message {
        guard let (header, counts) = header(bytes) else { throw WireError("shorter than a header") }
        var message = Message(header: header)
        var reader = MessageReader(bytes)
        reader.offset = headerLength
        if reader.isAtEnd { return message }
        for _ in 0..<counts.questions {
            let start = reader.offset
            let question = try reader.question()
            if reader.offset == start { break }
            message.questions.append(question)
        }
        do {
            message.answers = try reader.records(counts.answers)
            message.authorities = try reader.records(counts.authorities)
            message.additionals = try reader.records(counts.additionals, edns: &message.edns)
        } catch {
            var error = error
            error.questions = message.questions
            throw error
        }
        return message
    }

    private var isAtEnd: Bool { offset == end }

    private mutating func uint8() throws(WireError) -> UInt8 {
        guard offset < end else { throw WireError("breaks off") }
        defer { offset += 1 }
        return bytes[offset]
    }

    private mutating func uint16() throws(WireError) -> UInt16 {
        guard offset + 2 <= end else { throw WireError("breaks off") }
        defer { offset += 2 }
        return UInt16(bytes[offset]) << 8 | UInt16(bytes[offset + 1])
    }

    private mutating func uint32() throws(WireError) -> UInt32 {
        UInt32(try uint16()) << 16 | UInt32(try uint16())
    }

    private mutating func take(_ count: Int) throws(WireError) -> [UInt8] {
        guard offset + count <= end else { throw WireError("breaks off") }
        defer { offset += count }
        return Array(bytes[offset..<(offset + count)])
    }

    /// Reads a name and follows its pointers. Pointers may go backwards or forwards, but there may be no more of them
    /// than a name has room for.
    private mutating func name() throws(WireError) -> DomainName {
        var result: [UInt8] = []
        result.reserveCapacity(64)
        var place = offset
        var after: Int?
        var pointers = 0
        while true {
            guard place < end else { throw WireError("name breaks off") }
            let length = Int(bytes[place])
            switch length & 0xC0 {
            case 0:
                guard length > 0 else {
                    result.append(0)
                    offset = after ?? place + 1
                    return DomainName(validBytes: result)
                }
                guard place + 1 + length <= end else { throw WireError("label breaks off") }
                guard result.count + length + 2 <= DomainName.maximumLength else { throw WireError("name too long") }
                result += bytes[place...(place + length)]
                place += length + 1
            case 0xC0:
                guard place + 1 < end else { throw WireError("pointer breaks off") }
                if after == nil { after = place + 2 }
                pointers += 1
                guard pointers <= Self.maximumPointers else { throw WireError("too many pointers") }
                place = (length & 0x3F) << 8 | Int(bytes[place + 1])
            default: throw WireError("reserved kind of label")
            }
        }
    }

    /// Type and class may be missing at the very end of a message; they are then read as 0.
    private mutating func question() throws(WireError) -> Question {
        let name = try name()
        let type = isAtEnd ? 0 : try uint16()
        let recordClass = isAtEnd ? 0 : try uint16()
        return Question(name, RecordType(rawValue: type), RecordClass(rawValue: recordClass))
    }

    private mutating func records(_ count: Int) throws(WireError) -> [ResourceRecord] {
        var ignored: ExtendedDNS?
        return try records(count, edns: &ignored, keepsOptions: true)
    }

    private mutating func records(
        _ count: Int, edns: inout ExtendedDNS?, keepsOptions: Bool = false
    ) throws(WireError) -> [ResourceRecord] {
        var records: [ResourceRecord] = []
        for _ in 0..<count {
            if isAtEnd { break }
            let name = try name()
            let type = RecordType(rawValue: try uint16())
            let recordClass = try uint16()
            let ttl = try uint32()
            let length = Int(try uint16())
            guard offset + length <= end else { throw WireError("data breaks off") }
            let whole = end
            end = offset + length
            defer { end = whole }
            if type == .opt {
                let options = try options()
                guard !keepsOptions else { continue }
                var found = ExtendedDNS(payloadSize: recordClass)
                found.extendedResponseCode = UInt8(truncatingIfNeeded: ttl >> 24)
                found.version = UInt8(truncatingIfNeeded: ttl >> 16)
                found.isDNSSECOK = ttl & 0x8000 != 0
                found.options = options
                edns = found
                continue
            }
            let data = length == 0 ? RecordData.opaque([]) : try data(of: type)
            guard offset == end else { throw WireError("data too long") }
            var record = ResourceRecord(name, type, ttl: ttl, data)
            record.recordClass = RecordClass(rawValue: recordClass)
            records.append(record)
        }
        return records
    }

    private mutating func options() throws(WireError) -> [ExtendedDNS.Option] {
        var options: [ExtendedDNS.Option] = []
        while !isAtEnd {
            let code = try uint16()
            let length = Int(try uint16())
            let option = ExtendedDNS.Option(code: code, data: try take(length))
            guard option.isWellFormed else { throw WireError("malformed option \(code)") }
            options.append(option)
        }
        return options
    }

    private mutating func data(of type: RecordType) throws(WireError) -> RecordData {
        switch type {
        case .a: return .address(IPAddress(bits: UInt128(try uint32()), isIPv4: true))
        case .aaaa:
            let bits = try take(16).reduce(UInt128(0)) { $0 << 8 | UInt128($1) }
            return .address(IPAddress(bits: bits, isIPv4: false))
        case .ns, .cname, .ptr: return .name(try name())
        case .mx: return .mailExchange(preference: try uint16(), try name())
        case .srv:
            return .service(priority: try uint16(), weight: try uint16(), port: try uint16(), target: try name())
        case .soa:
            return .authority(
                StartOfAuthority(
                    server: try name(), mailbox: try name(), serial: try uint32(), refresh: try uint32(),
                    retry: try uint32(), expire: try uint32(), minimum: try uint32()))
        case .txt:
            var strings: [[UInt8]] = []
            while !isAtEnd { strings.append(try take(Int(try uint8()))) }
            return .text(strings)
        default: return .opaque(try take(end - offset))
        }
    }
}

extension Message {
    /// Parses a message.
    /// - Throws: `WireError` for bytes that are not a valid message.
    package init(bytes: [UInt8]) throws(WireError) { self = try MessageReader.message(bytes) }
}
