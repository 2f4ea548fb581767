package import FairleadModel
package import Logging

/// One line of text per event on standard error: time, level, logger, message, then `key=value` in the order of keys.
/// Whatever is in a value, it stays on its line.
package struct TextLogHandler: LogHandler {
    package var logLevel: Logger.Level = .info
    package var metadata: Logger.Metadata = [:]
    private let label: String
    private let stream: LogStream
    private let now: @Sendable () -> Timestamp

    package init(label: String, stream: LogStream = .standardError, now: @escaping @Sendable () -> Timestamp) {
        self.label = label
        self.stream = stream
        self.now = now
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var text = event.message.description.oneLine
        for (key, value) in event.fields(over: metadata).sorted(by: { $0.key < $1.key }) {
            text += " \(key)=\(value.logfmt)"
        }
        stream.write(line(event.level, text)) { line(.warning, "nobody read the log for a while dropped=\($0)") }
    }

    private func line(_ level: Logger.Level, _ text: String) -> String {
        "\(now().rfc3339Micro) \(level.rawValue) \(label): \(text)\n"
    }
}

extension LogEvent {
    /// What the event says beside its message: its logger's metadata, its own, its error.
    func fields(over metadata: Logger.Metadata) -> [String: String] {
        var fields = metadata.mapValues(\.description)
        for (key, value) in self.metadata ?? [:] { fields[key] = value.description }
        if let error { fields["error"] = "\(error)" }
        return fields
    }
}

extension String {
    /// Without line ends and other control characters.
    fileprivate var oneLine: String {
        guard utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { return self }
        return String(goQuoted.dropFirst().dropLast())
    }

    /// In quotes unless it is a plain word.
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
