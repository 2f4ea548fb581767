import FairleadModel

extension Normalizer {
    mutating func normalizeScalar(_ value: inout Value, as shape: Shape, field: FieldSchema?) throws(DecodeError) {
        switch shape {
        case .string:
            guard case .string = value else { throw mismatch(value, expected: scalarType(shape, field)) }
        case .bool:
            guard case .bool = value else { throw mismatch(value, expected: "bool") }
        case .int32: try checkInteger(value, in: Int64(Int32.min)...Int64(Int32.max), goType: "int32")
        case .int64: try checkInteger(value, in: Int64.min...Int64.max, goType: "int64")
        case .double:
            guard value.double != nil else { throw mismatch(value, expected: "float64") }
        case .bytes: try normalizeBytes(&value)
        case .time: try normalizeTime(&value)
        case .microTime: try normalizeMicroTime(&value)
        case .quantity: try normalizeQuantity(&value)
        case .intOrString:
            if case .string = value { return }
            try checkInteger(value, in: Int64(Int32.min)...Int64(Int32.max), goType: "int32")
        case .any, .list, .map, .object, .recursive: break
        }
    }

    /// The named Go string type (`v1.Protocol`), or `string`.
    private func scalarType(_ shape: Shape, _ field: FieldSchema?) -> String {
        guard let field, !field.goType.isEmpty else { return shape.goType }
        switch field.shape {
        case .string: return field.goType
        case .list(.string): return String(field.goType.dropFirst(2))
        default: return shape.goType
        }
    }

    private func checkInteger(_ value: Value, in range: ClosedRange<Int64>, goType: String) throws(DecodeError) {
        switch value {
        case .int(let number) where range.contains(number): return
        case .int(let number): throw mismatch(value, expected: goType, literal: String(number))
        case .double(let number): throw mismatch(value, expected: goType, literal: number.goJSON)
        default: throw mismatch(value, expected: goType)
        }
    }

    private func normalizeTime(_ value: inout Value) throws(DecodeError) {
        guard case .string(let text) = value else { throw mismatch(value, expected: "string") }
        guard let time = Timestamp(rfc3339: text) else {
            throw Self.unreadable(text, layout: "2006-01-02T15:04:05Z07:00", rest: text, expected: "2006")
        }
        value = Self.isZero(time) ? .null : .string(time.rfc3339)
    }

    private func normalizeMicroTime(_ value: inout Value) throws(DecodeError) {
        guard case .string(let text) = value else { throw mismatch(value, expected: "string") }
        guard let time = Timestamp(rfc3339: text), Self.hasSixDecimals(text) else {
            let isTime = text.utf8.count > 19 && Timestamp(rfc3339: text) != nil
            throw Self.unreadable(
                text, layout: "2006-01-02T15:04:05.000000Z07:00", rest: isTime ? String(text.dropFirst(19)) : text,
                expected: isTime ? ".000000" : "2006")
        }
        value = Self.isZero(time) ? .null : .string(time.rfc3339Micro)
    }

    /// Go's time.ParseError, with the rest of the text from where it departs from the layout.
    private static func unreadable(_ text: String, layout: String, rest: String, expected: String) -> DecodeError {
        DecodeError(
            message:
                "parsing time \(text.goQuoted) as \"\(layout)\": cannot parse \(rest.goQuoted) as \"\(expected)\"")
    }

    /// Whether this is Go's zero time, in the year 1.
    private static func isZero(_ time: Timestamp) -> Bool { time.seconds == -62_135_596_800 && time.nanoseconds == 0 }

    private static func hasSixDecimals(_ text: String) -> Bool {
        let tail = Array(text.utf8.dropFirst(19).prefix(8))
        return tail.count == 8 && tail[0] == UInt8(ascii: ".")
            && tail[1...6].allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
            && !(tail[7] >= UInt8(ascii: "0") && tail[7] <= UInt8(ascii: "9"))
    }

    func normalizeQuantity(_ value: inout Value, isOfResourceList: Bool = false) throws(DecodeError) {
        let text: String
        switch value {
        case .string(let given): text = given
        case .int(let number): text = String(number)
        case .double(let number): text = number.goJSON
        default: text = ""
        }
        do {
            let quantity = try Quantity(parsing: Self.trimmed(text))
            value = .string((isOfResourceList ? quantity.inWholeMilli : quantity).description)
        } catch {
            throw DecodeError(message: error.rawValue)
        }
    }

    private static func trimmed(_ text: String) -> String {
        let start = text.drop { $0.isWhitespace }
        return String(start.dropLast(start.reversed().prefix { $0.isWhitespace }.count))
    }

    private func normalizeBytes(_ value: inout Value) throws(DecodeError) {
        guard case .string(let text) = value else { throw mismatch(value, expected: "[]uint8") }
        do {
            value = .string(try Base64.canonical(text))
        } catch {
            throw DecodeError(message: "illegal base64 data at input byte \(error.offset)")
        }
    }
}
