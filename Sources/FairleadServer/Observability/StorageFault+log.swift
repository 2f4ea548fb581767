import FairleadStorage
import Logging

extension StorageFault {
    /// Logs one line when the fault begins, one a minute while it lasts, and one when it is over.
    func log(to logger: Logger) {
        var metadata: Logger.Metadata = ["fault": .string(kind.rawValue)]
        if count > 1 { metadata["count"] = .stringConvertible(count) }
        if isOver {
            metadata["was"] = .string(message)
            logger.notice("storage works again", metadata: metadata)
        } else {
            metadata["reason"] = .string(message)
            logger.error("storage does not work", metadata: metadata)
        }
    }
}
