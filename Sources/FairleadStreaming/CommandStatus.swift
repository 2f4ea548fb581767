import FairleadContainers
import FairleadModel

/// What a client is told at the end of a command: a Status, or in the first three versions of the protocols its text.
enum CommandStatus {
    /// - Parameter version: of the protocol.
    /// - Returns: nil if nothing is said.
    static func bytes(of end: CommandEnd, version: Int) -> [UInt8]? {
        guard version >= 4 else { return message(of: end).map { Array($0.utf8) } }
        return status(of: end).jsonBytes
    }

    private static func message(of end: CommandEnd) -> String? {
        switch end {
        case .success: nil
        case .exit(let code, let command):
            "command terminated with non-zero exit code: error executing command [\(command.joined(separator: " "))], "
                + "exit code \(code)"
        case .failure(let why): "Internal error occurred: \(why)"
        }
    }

    private static func status(of end: CommandEnd) -> Value {
        let message = Value.string(message(of: end) ?? "")
        switch end {
        case .success: return ["metadata": .object(Object()), "status": "Success"]
        case .exit(let code, _):
            return [
                "metadata": .object(Object()), "status": "Failure", "message": message, "reason": "NonZeroExitCode",
                "details": ["causes": [["reason": "ExitCode", "message": .string("\(code)")]]],
            ]
        case .failure(let why):
            return [
                "metadata": .object(Object()), "status": "Failure", "message": message, "reason": "InternalError",
                "details": ["causes": [["message": .string(why)]]], "code": .int(500),
            ]
        }
    }
}
