package import FairleadModel
package import Logging
import Synchronization

/// One JSON object per line on standard error, for log collectors.
package struct JSONLogHandler: LogHandler {
    package var logLevel: Logger.Level = .info
    package var metadata: Logger.Metadata = [:]
    private let label: String
    private let now: @Sendable () -> Timestamp

    package init(label: String, now: @escaping @Sendable () -> Timestamp) {
        self.label = label
        self.now = now
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var line: Object = [
            "time": .string(now().rfc3339Micro), "level": .string(event.level.rawValue), "logger": .string(label),
            "msg": .string(event.message.description),
        ]
        for (key, value) in metadata.merging(event.metadata ?? [:], uniquingKeysWith: { $1 }) {
            line[key] = .string(value.description)
        }
        StandardStream.error.write(Value.object(line).jsonText + "\n")
    }
}
