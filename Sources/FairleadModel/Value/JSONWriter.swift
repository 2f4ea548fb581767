/// Writes JSON without white space. Members are sorted, except that a document begins with its `kind`, `apiVersion` and
/// `metadata`.
package struct JSONWriter: Sendable {
    package private(set) var bytes: [UInt8] = []

    package init() {}

    package init(capacity: Int) { bytes.reserveCapacity(capacity) }

    package mutating func append(_ text: StaticString) {
        bytes.append(
            contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Appends the text as it is, unquoted.
    package mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    package mutating func append(_ raw: some Sequence<UInt8>) { bytes.append(contentsOf: raw) }

    /// Writes a document.
    package mutating func write(_ value: Value) {
        guard case .object(let object) = value else { return writeNested(value) }
        var isFirst = true
        bytes.append(UInt8(ascii: "{"))
        for key in Self.leading {
            guard let value = object[key] else { continue }
            writeKey(key, &isFirst)
            writeNested(value)
        }
        writeRest(of: object, &isFirst)
        bytes.append(UInt8(ascii: "}"))
    }

    /// Writes an object whose metadata begins with an empty `resourceVersion`.
    /// - Returns: the offset in `bytes` between the quotes of that resourceVersion.
    package mutating func writeObjectWithRevisionGap(_ value: Value) -> Int {
        let object = value.object ?? Object()
        var isFirst = true
        bytes.append(UInt8(ascii: "{"))
        for key in Self.leading.prefix(2) {
            guard let value = object[key] else { continue }
            writeKey(key, &isFirst)
            writeNested(value)
        }
        writeKey("metadata", &isFirst)
        append("{\"resourceVersion\":\"")
        let gap = bytes.count
        bytes.append(UInt8(ascii: "\""))
        var isFirstOfMetadata = false
        for member in object["metadata"]?.object?.members ?? [] where member.key != "resourceVersion" {
            writeKey(member.key, &isFirstOfMetadata)
            writeNested(member.value)
        }
        bytes.append(UInt8(ascii: "}"))
        writeRest(of: object, &isFirst)
        bytes.append(UInt8(ascii: "}"))
        return gap
    }

    private static let leading: [String] = ["kind", "apiVersion", "metadata"]

    private mutating func writeRest(of object: Object, _ isFirst: inout Bool) {
        for member in object.members {
            if member.key == "kind" || member.key == "apiVersion" || member.key == "metadata" { continue }
            writeKey(member.key, &isFirst)
            writeNested(member.value)
        }
    }

    private mutating func writeKey(_ key: String, _ isFirst: inout Bool) {
        if !isFirst { bytes.append(UInt8(ascii: ",")) }
        isFirst = false
        writeString(key)
        bytes.append(UInt8(ascii: ":"))
    }

    private mutating func writeNested(_ value: Value) {
        switch value {
        case .null: append("null")
        case .bool(true): append("true")
        case .bool(false): append("false")
        case .int(let number): writeInteger(number)
        case .double(let number): append(number.goJSON)
        case .string(let text): writeString(text)
        case .array(let elements):
            bytes.append(UInt8(ascii: "["))
            var isFirst = true
            for element in elements {
                if !isFirst { bytes.append(UInt8(ascii: ",")) }
                isFirst = false
                writeNested(element)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let object):
            bytes.append(UInt8(ascii: "{"))
            var isFirst = true
            for member in object.members {
                writeKey(member.key, &isFirst)
                writeNested(member.value)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    private mutating func writeInteger(_ number: Int64) {
        if number >= 0, number < 10 {
            bytes.append(UInt8(ascii: "0") + UInt8(number))
        } else {
            append(String(number))
        }
    }

    /// Writes a quoted string.
    package mutating func writeString(_ text: String) {
        var text = text
        bytes.append(UInt8(ascii: "\""))
        text.withUTF8 { buffer in
            var rest = buffer
            while !rest.isEmpty {
                let (length, _) = JSONText.plainPrefix(rest)
                bytes.append(contentsOf: UnsafeBufferPointer(rebasing: rest[..<length]))
                guard length < rest.count else { break }
                writeEscape(of: rest[length])
                rest = UnsafeBufferPointer(rebasing: rest[(length + 1)...])
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func writeEscape(of byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): append("\\\"")
        case UInt8(ascii: "\\"): append("\\\\")
        case 0x08: append("\\b")
        case 0x0C: append("\\f")
        case 0x0A: append("\\n")
        case 0x0D: append("\\r")
        case 0x09: append("\\t")
        default:
            let digits = Array("0123456789abcdef".utf8)
            append("\\u00")
            bytes.append(digits[Int(byte >> 4)])
            bytes.append(digits[Int(byte & 15)])
        }
    }
}

extension Value {
    /// Compact JSON; see `JSONWriter` for the order of members.
    package var jsonBytes: [UInt8] {
        var writer = JSONWriter()
        writer.write(self)
        return writer.bytes
    }

    package var jsonText: String { String(decoding: jsonBytes, as: UTF8.self) }
}
