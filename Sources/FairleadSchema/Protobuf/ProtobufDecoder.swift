import FairleadModel

/// One walk through one message.
struct ProtobufDecoder {
    let codec: ProtobufCodec
    /// How many envelopes this one is nested in.
    let depth: Int
    /// How many more levels the tree may have below the current position.
    var room: Int

    init(codec: ProtobufCodec, depth: Int, room: Int) {
        self.codec = codec
        self.depth = depth
        self.room = room
    }

    private static let maximumDepth = 8

    mutating func message(_ reader: ProtobufReader, as type: TypeSchema) throws(ProtobufError) -> Value {
        try enter()
        defer { room += 1 }
        var slots = Slots(count: type.fields.count)
        try fill(&slots, from: reader, type.protobuf.fields, type)
        var members: [Object.Member] = []
        for (index, field) in type.fields.enumerated() {
            guard let value = slots.value(at: index), !isAbsent(value, field) else { continue }
            members.append(Object.Member(key: field.name, value: value))
        }
        return .object(Object(sortedUnique: members))
    }

    /// Goes one level down.
    mutating func enter() throws(ProtobufError) {
        guard room > 0 else { throw .tooDeep }
        room -= 1
    }

    /// Go writes ports that were never set as 0, while JSON clients leave them out.
    private func isAbsent(_ value: Value, _ field: FieldSchema) -> Bool {
        if value.isNull { return true }
        guard case .intOrString = field.shape, !field.isPointer else { return false }
        return value == 0 || value == ""
    }

    /// The fields of a message that have been read, by field index.
    private struct Slots {
        private var single: [Value?]
        private var lists: [Int: [Value]] = [:]
        private var maps: [Int: [(String, Value)]] = [:]

        init(count: Int) { single = Array(repeating: nil, count: count) }

        mutating func set(_ value: Value, at index: Int) { single[index] = value }
        mutating func append(_ value: Value, at index: Int) { lists[index, default: []].append(value) }
        mutating func append(_ entry: (String, Value), at index: Int) { maps[index, default: []].append(entry) }

        func value(at index: Int) -> Value? {
            if let value = single[index] { return value }
            if let list = lists[index] { return .array(list) }
            if let map = maps[index] { return .object(Object(map)) }
            return nil
        }
    }

    private mutating func fill(
        _ slots: inout Slots, from start: ProtobufReader, _ fields: [ProtobufLayout.Field], _ type: TypeSchema
    ) throws(ProtobufError) {
        var reader = start
        while !reader.isAtEnd {
            let tag = try reader.tag(of: type.goName)
            guard let field = ProtobufLayout.field(tag.number, in: fields) else {
                try reader.skip(wireType: tag.wireType)
                continue
            }
            switch field.content {
            case .inline(let nested):
                guard tag.wireType == 2 else { throw .wrongWireType(tag.wireType, field: field.goName) }
                try fill(&slots, from: try reader.nested(), nested, type)
            case .field(let index):
                let schema = type.fields[index]
                if let form = schema.protoForm {
                    guard tag.wireType == 2 else { throw .wrongWireType(tag.wireType, field: field.goName) }
                    try enter()
                    defer { room += 1 }
                    if schema.shape.isMap {
                        slots.append(try entry(of: form, try reader.nested()), at: index)
                    } else {
                        slots.set(try value(in: form, try reader.nested()), at: index)
                    }
                    continue
                }
                try read(schema.shape, at: index, tag, field.goName, from: &reader, into: &slots)
            }
        }
    }

    private mutating func read(
        _ shape: Shape, at index: Int, _ tag: ProtobufReader.Tag, _ goName: String, from reader: inout ProtobufReader,
        into slots: inout Slots
    ) throws(ProtobufError) {
        switch shape {
        case .list(let element):
            try enter()
            defer { room += 1 }
            if tag.wireType == 2, element.protobufWireType == 0 {  // packed
                var packed = try reader.nested()
                while !packed.isAtEnd { slots.append(try value(element, from: &packed), at: index) }
                return
            }
            guard tag.wireType == element.protobufWireType else { throw .wrongWireType(tag.wireType, field: goName) }
            slots.append(try value(element, from: &reader), at: index)
        case .map(let element):
            try enter()
            defer { room += 1 }
            guard tag.wireType == 2 else { throw .wrongWireType(tag.wireType, field: goName) }
            slots.append(try entry(element, try reader.nested()), at: index)
        default:
            guard tag.wireType == shape.protobufWireType else { throw .wrongWireType(tag.wireType, field: goName) }
            slots.set(try value(shape, from: &reader), at: index)
        }
    }

    /// An entry of a map. Like Go's generated code, this does not check the wire types inside.
    private mutating func entry(
        _ element: Shape, _ start: ProtobufReader
    ) throws(ProtobufError) -> (String, Value) {
        var reader = start
        var key = ""
        var found: Value?
        while !reader.isAtEnd {
            let tag = try reader.tag(of: "Entry")
            switch tag.number {
            case 1: key = try reader.string()
            case 2: found = try value(element, from: &reader)
            default: try reader.skip(wireType: tag.wireType)
            }
        }
        if let found { return (key, found) }
        if case .bytes = element { return (key, "") }
        return (key, element.zero)
    }

    private mutating func value(_ shape: Shape, from reader: inout ProtobufReader) throws(ProtobufError) -> Value {
        switch shape {
        case .string: return .string(try reader.string())
        case .bool: return .bool(try reader.varint() != 0)
        case .int32: return .int(Int64(Int32(truncatingIfNeeded: try reader.varint())))
        case .int64: return .int(Int64(bitPattern: try reader.varint()))
        case .double: return .double(Double(bitPattern: try reader.fixed64()))
        case .bytes: return .string(Base64.encode(try reader.content()))
        case .time, .microTime: return try time(try reader.nested(), isMicro: shape.isMicroTime)
        case .quantity: return try quantity(try reader.nested())
        case .intOrString: return try intOrString(try reader.nested())
        case .any: return try raw(try reader.nested())
        case .object(let type): return try message(try reader.nested(), as: type)
        case .recursive(let name):
            guard let type = codec.types.type(named: name) else { return .null }
            return try message(try reader.nested(), as: type)
        case .list(let element): return try strings(element, try reader.nested())
        case .map: return .null  // no message has maps of maps
        }
    }

    /// A list inside a map is a message with field 1.
    private mutating func strings(_ element: Shape, _ start: ProtobufReader) throws(ProtobufError) -> Value {
        var reader = start
        var result: [Value] = []
        while !reader.isAtEnd {
            let tag = try reader.tag(of: "ExtraValue")
            if tag.number == 1, tag.wireType == element.protobufWireType {
                result.append(try value(element, from: &reader))
            } else {
                try reader.skip(wireType: tag.wireType)
            }
        }
        return .array(result)
    }

    // MARK: Messages that JSON writes as one value

    /// An empty message is Go's zero time.
    private func time(_ start: ProtobufReader, isMicro: Bool) throws(ProtobufError) -> Value {
        if start.isAtEnd { return .null }
        var reader = start
        var time = Timestamp(seconds: 0)
        while !reader.isAtEnd {
            let tag = try reader.tag(of: "Timestamp")
            switch (tag.number, tag.wireType) {
            case (1, 0): time.seconds = Int64(bitPattern: try reader.varint())
            case (2, 0): time.nanoseconds = Int32(truncatingIfNeeded: try reader.varint())
            case (1, let other): throw .wrongWireType(other, field: "Seconds")
            case (2, let other): throw .wrongWireType(other, field: "Nanos")
            default: try reader.skip(wireType: tag.wireType)
            }
        }
        // RFC 3339 can express the years 1 to 9999.
        guard (-62_135_596_800..<253_402_300_800).contains(time.seconds), (0..<1_000_000_000).contains(time.nanoseconds)
        else { throw ProtobufError(message: "Time.MarshalJSON: year outside of range [0,9999]") }
        return .string(isMicro ? time.rfc3339Micro : time.rfc3339)
    }

    private func quantity(_ start: ProtobufReader) throws(ProtobufError) -> Value {
        var reader = start
        var text = "0"
        while !reader.isAtEnd {
            let tag = try reader.tag(of: "Quantity")
            switch (tag.number, tag.wireType) {
            case (1, 2): text = try reader.string()
            case (1, let other): throw .wrongWireType(other, field: "String_")
            default: try reader.skip(wireType: tag.wireType)
            }
        }
        return .string(text)
    }

    private func intOrString(_ start: ProtobufReader) throws(ProtobufError) -> Value {
        var reader = start
        var isString = false
        var number: Int64 = 0
        var text = ""
        while !reader.isAtEnd {
            let tag = try reader.tag(of: "IntOrString")
            switch (tag.number, tag.wireType) {
            case (1, 0): isString = try reader.varint() != 0
            case (2, 0): number = Int64(Int32(truncatingIfNeeded: try reader.varint()))
            case (3, 2): text = try reader.string()
            case (1, let other): throw .wrongWireType(other, field: "Type")
            case (2, let other): throw .wrongWireType(other, field: "IntVal")
            case (3, let other): throw .wrongWireType(other, field: "StrVal")
            default: try reader.skip(wireType: tag.wireType)
            }
        }
        return isString ? .string(text) : .int(number)
    }

    /// Any JSON, or an object in an envelope of its own.
    private func raw(_ start: ProtobufReader) throws(ProtobufError) -> Value {
        var reader = start
        var content: [UInt8] = []
        while !reader.isAtEnd {
            let tag = try reader.tag(of: "RawExtension")
            switch (tag.number, tag.wireType) {
            case (1, 2): content = Array(try reader.content())
            case (1, let other): throw .wrongWireType(other, field: "Raw")
            default: try reader.skip(wireType: tag.wireType)
            }
        }
        if content.isEmpty { return .null }
        if content.starts(with: ProtobufEnvelope.magic) { return try enveloped(content) }
        do {
            return try JSON.parse(content, maximumDepth: room).value
        } catch {
            throw ProtobufError(message: error.message)
        }
    }

    private func enveloped(_ content: [UInt8]) throws(ProtobufError) -> Value {
        let envelope = try ProtobufEnvelope(reading: content)
        guard depth < Self.maximumDepth,
            let type = codec.type(kind: envelope.kind, apiVersion: envelope.apiVersion)
        else {
            let version = envelope.apiVersion.goQuoted
            throw ProtobufError(message: "no kind \(envelope.kind.goQuoted) is registered for version \(version)")
        }
        var value = try codec.decode(envelope, as: type, depth: depth + 1, room: room)
        value["kind"] = .string(envelope.kind)
        value["apiVersion"] = .string(envelope.apiVersion)
        return value
    }
}

extension Shape {
    /// The wire type of one value, also for lists and maps.
    var protobufWireType: Int {
        switch self {
        case .bool, .int32, .int64: 0
        case .double: 1
        default: 2
        }
    }

    fileprivate var isMicroTime: Bool { if case .microTime = self { true } else { false } }
}
