import FairleadModel
import Logging
import NIOPosix

/// What a server answers to a request for a page, whatever its status: for commands that show it to people.
package struct RemotePage: Sendable {
    package var status: Int
    package var body: String

    /// Asks once, by a connection of its own. Redirects are not followed.
    ///
    /// - Parameter target: the path and the query, escaped.
    /// - Throws: `Unanswered`, if no answer comes within ten seconds or the server's certificate is not trusted.
    package static func get(_ server: RemoteServer, _ target: String) async throws(Unanswered) -> RemotePage {
        var limits = RemoteLimits()
        limits.answering = .seconds(10)
        let transport: RemoteTransport
        do {
            transport = try RemoteTransport(
                server, userAgent: "fairlead", limits: limits, clock: SystemDelayClock(),
                logger: Logger(label: "remote"), group: MultiThreadedEventLoopGroup.singleton)
        } catch {
            throw Unanswered(description: error.description)
        }
        do {
            let page = try await transport.page(target)
            await transport.shutdown()
            return page
        } catch {
            await transport.shutdown()
            throw Unanswered(description: error.message)
        }
    }

    /// Why there is no answer, as a sentence without a full stop.
    package struct Unanswered: Error, CustomStringConvertible {
        package var description: String
    }
}
