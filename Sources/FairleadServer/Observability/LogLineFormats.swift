package import FairleadModel
package import Logging

package typealias TextLogHandler = LineLogHandler<TextLogLine>
package typealias JSONLogHandler = LineLogHandler<JSONLogLine>

/// For people: time, level, logger and message, then `key=value` sorted by key.
package enum TextLogLine: LogLineFormat {
    package static func line(
        _ time: Timestamp, _ level: Logger.Level, _ label: String, _ message: String, _ fields: [String: String]
    ) -> String {
        var text = "\(time.rfc3339Micro) \(level.rawValue) \(label): \(message.oneLine)"
        for (key, value) in fields.sorted(by: { $0.key < $1.key }) { text += " \(key)=\(value.logfmt)" }
        return text + "\n"
    }
}

/// For log collectors: one JSON object. Fields never override the line's own members.
package enum JSONLogLine: LogLineFormat {
    package static func line(
        _ time: Timestamp, _ level: Logger.Level, _ label: String, _ message: String, _ fields: [String: String]
    ) -> String {
        var line: Object = [
            "time": .string(time.rfc3339Micro), "level": .string(level.rawValue), "logger": .string(label),
            "msg": .string(message),
        ]
        for (key, value) in fields where line[key] == nil { line[key] = .string(value) }
        return Value.object(line).jsonText + "\n"
    }
}

extension String {
    /// The text with line ends and other control characters escaped.
    fileprivate var oneLine: String {
        guard utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { return self }
        return String(goQuoted.dropFirst().dropLast())
    }

    /// In quotes, unless it is a plain word.
    fileprivate var logfmt: String {
        let isPlain =
            !isEmpty
            && utf8.allSatisfy {
                $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
                    && $0 != UInt8(ascii: "=")
            }
        return isPlain ? self : goQuoted
    }
}
