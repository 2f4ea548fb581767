import FairleadModel

/// Encodes messages (RFC 1035, 4.1), compressing the names that may be compressed: owners, and the names in NS, CNAME,
/// PTR, MX and SOA records, but not the targets of SRV records (RFC 2782; RFC 3597, 4).
struct MessageWriter {
    private(set) var bytes: [UInt8] = []
    /// Where in `bytes` a suffix of a name has been written, by the hash of its spelling.
    private var suffixes: [Int: Int] = [:]
    /// The first name in the message, usually the question's: most owners equal it, and point to it without any
    /// look-up.
    private var firstName: DomainName?
    private var firstPlace = 0
    private var knowsFirstName = false

    private static let pointerLimit = 0x4000

    /// - Parameter limit: the size limit in bytes. From the first record that does not fit, records are left out, and
    ///   TC is set (RFC 2181, 9). The OPT record comes first and always fits: options that would exceed the limit are left
    ///   out. Values below 512 count as 512.
    static func bytes(of message: Message, limit: Int) -> [UInt8] {
        var writer = MessageWriter()
        writer.bytes.reserveCapacity(128)
        writer.write(message, limit: max(limit, 512))
        return writer.bytes
    }

    private mutating func write(_ message: Message, limit: Int) {
        put(message.header.id)
        put(message.header.bits)
        put(UInt16(message.questions.count))
        for _ in 0..<3 { put(UInt16(0)) }
        for question in message.questions {
            put(compressed: question.name)
            put(question.type.rawValue)
            put(question.recordClass.rawValue)
        }
        let edns = message.edns?.fitting(limit - bytes.count)
        let room = limit - (edns?.length ?? 0)
        var isFull = bytes.count > room
        setCount(3, put(message.answers, room: room, isFull: &isFull))
        setCount(4, put(message.authorities, room: room, isFull: &isFull))
        var additional = put(message.additionals, room: room, isFull: &isFull)
        if isFull { bytes[2] |= 0x02 }
        if let edns {
            put(edns)
            additional += 1
        }
        setCount(5, additional)
    }

    private mutating func setCount(_ field: Int, _ count: Int) {
        bytes[2 * field] = UInt8(truncatingIfNeeded: count >> 8)
        bytes[2 * field + 1] = UInt8(truncatingIfNeeded: count)
    }

    /// Returns how many of the records fitted.
    private mutating func put(_ records: [ResourceRecord], room: Int, isFull: inout Bool) -> Int {
        for (index, record) in records.enumerated() {
            if isFull { return index }
            let start = bytes.count
            put(record)
            if bytes.count > room {
                bytes.removeLast(bytes.count - start)
                isFull = true
                return index
            }
        }
        return records.count
    }

    private mutating func put(_ record: ResourceRecord) {
        put(compressed: record.name)
        put(record.type.rawValue)
        put(record.recordClass.rawValue)
        put(record.ttl)
        let lengthPlace = bytes.count
        put(UInt16(0))
        put(record.data)
        let length = bytes.count - lengthPlace - 2
        bytes[lengthPlace] = UInt8(truncatingIfNeeded: length >> 8)
        bytes[lengthPlace + 1] = UInt8(truncatingIfNeeded: length)
    }

    private mutating func put(_ data: RecordData) {
        switch data {
        case .address(let address):
            if address.isIPv4 {
                put(UInt32(truncatingIfNeeded: address.bits))
            } else {
                for shift in stride(from: UInt128(120), through: 0, by: -8) {
                    bytes.append(UInt8(truncatingIfNeeded: address.bits >> shift))
                }
            }
        case .name(let name): put(compressed: name)
        case .service(let priority, let weight, let port, let target):
            put(priority)
            put(weight)
            put(port)
            put(whole: target)
        case .mailExchange(let preference, let name):
            put(preference)
            put(compressed: name)
        case .authority(let soa):
            put(compressed: soa.server)
            put(compressed: soa.mailbox)
            for number in [soa.serial, soa.refresh, soa.retry, soa.expire, soa.minimum] { put(number) }
        case .text(let strings):
            for string in strings {
                bytes.append(UInt8(truncatingIfNeeded: string.count))
                bytes += string
            }
        case .opaque(let opaque): bytes += opaque
        }
    }

    private mutating func put(_ edns: ExtendedDNS) {
        bytes.append(0)
        put(RecordType.opt.rawValue)
        put(edns.payloadSize)
        bytes += [edns.extendedResponseCode, edns.version, edns.isDNSSECOK ? 0x80 : 0, 0]
        put(UInt16(edns.length - ExtendedDNS.shortest))
        for option in edns.options {
            put(option.code)
            put(UInt16(option.data.count))
            bytes += option.data
        }
    }

    private mutating func put(_ number: UInt16) {
        bytes.append(UInt8(truncatingIfNeeded: number >> 8))
        bytes.append(UInt8(truncatingIfNeeded: number))
    }

    private mutating func put(_ number: UInt32) {
        put(UInt16(truncatingIfNeeded: number >> 16))
        put(UInt16(truncatingIfNeeded: number))
    }

    // MARK: - names

    private mutating func put(compressed name: DomainName) {
        if name.isRoot { return bytes.append(0) }
        guard let firstName else {
            firstName = name
            firstPlace = bytes.count
            bytes += name.bytes
            return
        }
        if firstName == name, firstPlace < Self.pointerLimit { return put(UInt16(0xC000 | firstPlace)) }
        put(name, mayPoint: true)
    }

    /// Writes a name that is not compressed itself, but that later names may point to.
    private mutating func put(whole name: DomainName) { put(name, mayPoint: false) }

    private mutating func put(_ name: DomainName, mayPoint: Bool) {
        if !knowsFirstName {
            knowsFirstName = true
            if let firstName { remember(firstName, at: firstPlace) }
        }
        var known: (offset: Int, place: Int)?
        for offset in name.labelOffsets {
            if let place = place(of: name, from: offset) {
                known = (offset, place)
                break
            }
            remember(name, from: offset, at: bytes.count + offset)
        }
        if mayPoint, let known {
            bytes += name.bytes[..<known.offset]
            put(UInt16(0xC000 | known.place))
        } else {
            bytes += name.bytes
        }
    }

    private mutating func remember(_ name: DomainName, at place: Int) {
        for offset in name.labelOffsets { remember(name, from: offset, at: place + offset) }
    }

    private mutating func remember(_ name: DomainName, from offset: Int, at place: Int) {
        guard place < Self.pointerLimit else { return }
        suffixes[Self.hash(name, from: offset)] = place
    }

    private func place(of name: DomainName, from offset: Int) -> Int? {
        guard let place = suffixes[Self.hash(name, from: offset)], isSame(name, from: offset, at: place) else {
            return nil
        }
        return place
    }

    private static func hash(_ name: DomainName, from offset: Int) -> Int {
        var hasher = Hasher()
        name.bytes[offset...].withUnsafeBytes { hasher.combine(bytes: $0) }
        return hasher.finalize()
    }

    /// Whether the name written at a place, with its pointers followed, equals this suffix exactly.
    private func isSame(_ name: DomainName, from offset: Int, at place: Int) -> Bool {
        var place = place
        var offset = offset
        while true {
            while place + 1 < bytes.count, bytes[place] & 0xC0 == 0xC0 {
                place = Int(bytes[place] & 0x3F) << 8 | Int(bytes[place + 1])
            }
            // The name that is being written is remembered before its bytes are written.
            guard place < bytes.count else { return false }
            let length = Int(bytes[place])
            guard place + length < bytes.count, offset + length < name.bytes.count,
                bytes[place...(place + length)] == name.bytes[offset...(offset + length)]
            else { return false }
            if length == 0 { return true }
            place += length + 1
            offset += length + 1
        }
    }
}

extension Message {
    /// The encoded message; see `MessageWriter` for what happens beyond the limit.
    package func bytes(limit: Int = 65535) -> [UInt8] { MessageWriter.bytes(of: self, limit: limit) }
}
