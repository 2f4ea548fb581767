package import FairleadModel
package import Logging

/// The format of a log line. Whatever a value contains, it stays a single line.
package protocol LogLineFormat: Sendable {
    /// The line, including its line end.
    static func line(
        _ time: Timestamp, _ level: Logger.Level, _ label: String, _ message: String, _ fields: [String: String]
    ) -> String
}

/// Writes one line per event, in the given format, to a stream that never waits for its reader.
package struct LineLogHandler<Format: LogLineFormat>: LogHandler {
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
        Format.line(now(), level, label, message, fields)
    }
}

extension LogEvent {
    /// The event's fields besides its message: the logger's metadata, its own metadata, its error.
    fileprivate func fields(over metadata: Logger.Metadata) -> [String: String] {
        var fields = metadata.mapValues(\.description)
        for (key, value) in self.metadata ?? [:] { fields[key] = value.description }
        if let error { fields["error"] = "\(error)" }
        return fields
    }
}
