import FairleadClient
import FairleadModel
import Logging
import Synchronization

/// The Authorization header of requests.
///
/// A token file is read again when its contents are a minute old, as client-go does it, or have been refused (401). If
/// it cannot be read then, the last token stays in use and the log says so.
final class TokenSource: Sendable {
    /// How long a token from a file is used before the file is read again.
    static let lifetime = Duration.seconds(60)

    private struct State {
        var header: String?
        var readAt: Duration = .zero
        /// Whether the server refused what the file said.
        var isRefused = false
    }

    private let credentials: RemoteServer.Credentials
    private let clock: any DelayClock
    private let logger: Logger
    private let state = Mutex(State())

    init(_ credentials: RemoteServer.Credentials, clock: any DelayClock, logger: Logger) {
        self.credentials = credentials
        self.clock = clock
        self.logger = logger
    }

    /// The header to send now; nil for none.
    /// - Throws: 401 if there is a token file that never could be read.
    func header() throws(APIStatus) -> String? {
        switch credentials {
        case .none: return nil
        case .token(let token): return "Bearer \(token)"
        case .password(let user, let password):
            return "Basic " + Base64.encode(Array("\(user):\(password)".utf8)[...])
        case .tokenFile(let path): return try fileHeader(path)
        }
    }

    private func fileHeader(_ path: String) throws(APIStatus) -> String {
        let now = clock.now
        return try state.withLock { (state) throws(APIStatus) -> String in
            if let header = state.header, !state.isRefused, now - state.readAt < Self.lifetime { return header }
            do throws(RemoteServer.Refusal) {
                state.header = "Bearer " + (try SmallFile.token(path))
            } catch {
                guard state.header != nil else {
                    throw APIStatus(code: 401, reason: "Unauthorized", message: error.description)
                }
                logger.warning(
                    "the token file cannot be read; the last token stays in use",
                    metadata: ["error": .string(error.description)])
            }
            state.readAt = now
            state.isRefused = false
            return state.header ?? ""
        }
    }

    /// Notes that the server answered 401 to a request with this header.
    /// - Returns: whether another header might be there by now: the file is read at the next request.
    func refused(_ header: String?) -> Bool {
        guard case .tokenFile = credentials else { return false }
        state.withLock { state in
            if state.header == header { state.isRefused = true }
        }
        return true
    }
}
