import FairleadContainers
import FairleadModel

/// Texts as Go's standard library and klog write them.
enum GoText {
    /// `2026/11/29 03:00:00`: what Go's log package puts in front of a line.
    static func logDate(_ time: Timestamp) -> String {
        let text = time.rfc3339
        return text.prefix(10).map { $0 == "-" ? "/" : String($0) }.joined() + " " + text.dropFirst(11).prefix(8)
    }

    /// `I1129 03:00:00.000000       1 file.go:76] `.
    static func klogPrefix(_ time: Timestamp, _ place: String, level: Character = "I") -> String {
        let text = time.rfc3339Micro
        let month = text.dropFirst(5).prefix(2)
        let day = text.dropFirst(8).prefix(2)
        return "\(level)\(month)\(day) \(text.dropFirst(11).prefix(15))       1 \(place)] "
    }

    /// `2026-11-29 03:00:00.5 +0000 UTC`, as `time.Time` prints itself.
    static func time(_ time: Timestamp) -> String {
        let text = time.rfc3339
        var fraction = String(String(1_000_000_000 + Int(time.nanoseconds % 1_000_000_000)).dropFirst())
        while fraction.hasSuffix("0") { fraction.removeLast() }
        let point = fraction.isEmpty ? "" : ".\(fraction)"
        return "\(text.prefix(10)) \(text.dropFirst(11).prefix(8))\(point) +0000 UTC"
    }

    /// `1h2m3.5s`, `12.5ms`, `0s`.
    static func duration(_ duration: Duration) -> String {
        let (whole, atto) = duration.components
        let nanoseconds = whole *| 1_000_000_000 +| atto / 1_000_000_000
        if nanoseconds == 0 { return "0s" }
        let sign = nanoseconds < 0 ? "-" : ""
        let size = nanoseconds.magnitude
        if size < 1_000_000_000 {
            let (unit, scale): (String, UInt64) =
                size < 1000 ? ("ns", 1) : size < 1_000_000 ? ("µs", 1000) : ("ms", 1_000_000)
            return sign + decimal(size, scale) + unit
        }
        let seconds = size % 60_000_000_000
        let minutes = size / 60_000_000_000
        var text = decimal(seconds, 1_000_000_000) + "s"
        if minutes > 0 { text = "\(minutes % 60)m" + text }
        if minutes >= 60 { text = "\(minutes / 60)h" + text }
        return sign + text
    }

    /// A number of units with the decimals that are needed.
    private static func decimal(_ size: UInt64, _ scale: UInt64) -> String {
        let rest = size % scale
        if rest == 0 { return String(size / scale) }
        var digits = String(String(scale + rest).dropFirst())
        while digits.hasSuffix("0") { digits.removeLast() }
        return "\(size / scale).\(digits)"
    }

    /// `-rw-r--r--`, `dgtrwxrwxrwx`: Go's `FileMode`.
    static func mode(_ status: FileStatus) -> String {
        var letters = ""
        switch status.kind {
        case .directory: letters += "d"
        case .link: letters += "L"
        case .device: letters += "Dc"
        case .file: break
        }
        if status.mode & 0o4000 != 0 { letters += "u" }
        if status.mode & 0o2000 != 0 { letters += "g" }
        if status.mode & 0o1000 != 0 { letters += "t" }
        return (letters.isEmpty ? "-" : letters) + permissions(status.mode)
    }

    /// `rwxr-xr-x`.
    static func permissions(_ mode: UInt16) -> String {
        let letters = Array("rwxrwxrwx")
        return String((0..<9).map { mode & (0o400 >> UInt16($0)) != 0 ? letters[$0] : "-" })
    }
}

/// JSON with its members in the order in which they are given, as Go writes a struct.
enum OrderedJSON {
    static func text(_ members: [(String, Value)]) -> String {
        "{" + members.map { Value.string($0.0).jsonText + ":" + $0.1.jsonText }.joined(separator: ",") + "}"
    }

    /// As `text`, over several lines: members that are no lists or objects, one a line.
    static func indented(_ members: [(String, Value)], by indent: String = "  ") -> String {
        let lines = members.map { "\(indent)\(Value.string($0.0).jsonText): \(nested($0.1, indent, indent))" }
        return "{\n" + lines.joined(separator: ",\n") + "\n}"
    }

    private static func nested(_ value: Value, _ indent: String, _ margin: String) -> String {
        let inner = margin + indent
        switch value {
        case .object(let object) where !object.isEmpty:
            let lines = object.map { "\(inner)\(Value.string($0.key).jsonText): \(nested($0.value, indent, inner))" }
            return "{\n" + lines.joined(separator: ",\n") + "\n\(margin)}"
        case .array(let items) where !items.isEmpty:
            return "[\n" + items.map { inner + nested($0, indent, inner) }.joined(separator: ",\n") + "\n\(margin)]"
        default: return value.jsonText
        }
    }
}
