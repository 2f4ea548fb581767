/// Prints objects as Kubernetes' controllers print them before they hash them: in one line, every field of a type with
/// its name and type, whether it is set or not.
///
/// The controllers see what the API server serves, through protobuf: empty lists and maps are absent there.
/// Reference: k8s.io/kubernetes `pkg/util/hash` (DeepHashObject).
package struct GoPrinter {
    package private(set) var bytes: [UInt8] = []
    /// Whether quantities outside of maps have their text, which Go's quantities keep once they have been encoded.
    private let remembersQuantities: Bool
    private var isInMap = false

    /// - Parameter type: a name that `GoTypeTable` has.
    package init(_ value: Value, as type: String, remembersQuantities: Bool = false) {
        self.remembersQuantities = remembersQuantities
        append("(\(type))")
        write(value, .structure(type))
    }

    private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    private mutating func write(_ value: Value?, _ type: GoType) {
        switch type {
        case .text: append(value?.string ?? "")
        case .number: append(String(value?.int ?? 0))
        case .bool: append(value?.bool ?? false ? "true" : "false")
        case .quantity:
            append(Quantity.goText(of: value?.string ?? "0", remembersText: remembersQuantities && !isInMap))
        case .time: writeTime(value)
        case .intOrString: writeIntOrString(value)
        case .rawFields:
            append("{Raw:([]uint8)")
            writeAll(value?.jsonBytes ?? [], "[", "]") { $0.append(String($1)) }
            append("}")
        case .structure(let name): writeFields(of: value, GoStructures.fields(of: name))
        case .list(let element): writeAll(value?.array ?? [], "[", "]") { $0.write($1, element) }
        case .map(let element): writeMap(value, element)
        }
    }

    private mutating func writeFields(of value: Value?, _ fields: [GoField]) {
        append("{")
        var isFirst = true
        for field in fields {
            if !isFirst { append(" ") }
            isFirst = false
            append(field.label)
            var member = value
            if let key = field.key { member = value?[key] }
            if field.isPointer, member?.isNull ?? true { append("<nil>") } else { write(member, field.type) }
        }
        append("}")
    }

    private mutating func writeMap(_ value: Value?, _ element: GoType) {
        isInMap = true
        writeAll(value?.object?.members ?? [], "map[", "]") { printer, member in
            printer.append(member.key + ":")
            printer.write(member.value, element)
        }
        isInMap = false
    }

    private mutating func writeAll<Element>(
        _ elements: [Element], _ begin: String, _ end: String, _ body: (inout GoPrinter, Element) -> Void
    ) {
        if elements.isEmpty { return append("<nil>") }
        append(begin)
        for (index, element) in elements.enumerated() {
            if index > 0 { append(" ") }
            body(&self, element)
        }
        append(end)
    }

    private mutating func writeIntOrString(_ value: Value?) {
        if let text = value?.string {
            append("{Type:(intstr.Type)1 IntVal:(int32)0 StrVal:(string)\(text)}")
        } else {
            append("{Type:(intstr.Type)0 IntVal:(int32)\(value?.int ?? 0) StrVal:(string)}")
        }
    }

    /// A time carries the time zone of the controller: that of a machine without one, which is UTC.
    private mutating func writeTime(_ value: Value?) {
        let time = value?.string.flatMap { Timestamp(rfc3339: $0) }
        let seconds = time.map { $0.seconds +| Self.secondsBefore1970 } ?? 0
        let zone =
            time == nil
            ? "<nil>"
            : "{name:(string)UTC zone:([]time.zone)<nil> tx:([]time.zoneTrans)<nil> extend:(string)"
                + " cacheStart:(int64)0 cacheEnd:(int64)0 cacheZone:(*time.zone)<nil>}"
        append("{Time:(time.Time){wall:(uint64)0 ext:(int64)\(seconds) loc:(*time.Location)\(zone)}}")
    }

    /// Go counts from the year 1.
    private static let secondsBefore1970: Int64 = 62_135_596_800
}
