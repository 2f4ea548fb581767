package import FairleadModel
package import Logging

/// One JSON object per line on standard error, for log collectors.
package struct JSONLogHandler: LogHandler {
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
        stream.write(line(event.level, event.message.description, event.fields(over: metadata))) {
            line(.warning, "nobody read the log for a while", ["dropped": "\($0)"])
        }
    }

    private func line(_ level: Logger.Level, _ message: String, _ fields: [String: String]) -> String {
        var line: Object = [
            "time": .string(now().rfc3339Micro), "level": .string(level.rawValue), "logger": .string(label),
            "msg": .string(message),
        ]
        for (key, value) in fields where line[key] == nil { line[key] = .string(value) }
        return Value.object(line).jsonText + "\n"
    }
}
