package import FairleadModel
package import Logging

/// Creates the process's loggers.
package enum Logs {
    /// Sets up swift-log for the whole process. Call once, before anything else.
    package static func bootstrap(
        level: Logger.Level, format: ServerConfiguration.LogFormat, environment: Environment
    ) {
        let now = environment.now
        LoggingSystem.bootstrap { label in
            var handler: any LogHandler =
                switch format {
                case .text: TextLogHandler(label: label, now: now)
                case .json: JSONLogHandler(label: label, now: now)
                }
            handler.logLevel = level
            return handler
        }
    }
}
