package import FairleadModel
import NIOCore

extension DNSServer {
    /// Answers a question of a client inside this process, as one at the address would be answered, without a socket;
    /// nil if that one would get no answer, and while the server does not run.
    package func ask(_ question: Question, from client: IPAddress, over transport: DNSTransport) async -> Message? {
        // Every address is one for the system, too.
        guard let eventLoop, let remote = try? SocketAddress(ipAddress: client.description, port: Self.clientPort)
        else {
            return nil
        }
        let packet = Message(id: UInt16.random(in: .min ... .max), asking: question).bytes()
        let origin = DNSCore.Origin(transport: transport, remote: remote, local: nil, turn: Int.random(in: 0..<1024))
        let answered = eventLoop.flatSubmit { [core] () -> EventLoopFuture<[UInt8]?> in
            switch core.answer(packet, origin, on: eventLoop) {
            case .nothing: eventLoop.makeSucceededFuture(nil)
            case .answer(let bytes): eventLoop.makeSucceededFuture(bytes)
            case .later(let future): future.map { $0 }
            }
        }
        // A loop that has been shut down answers nobody; neither does a broken answer.
        guard let bytes = try? await answered.get() else { return nil }
        return try? Message(bytes: bytes)
    }

    /// What the query log shows.
    private static var clientPort: Int { 40_000 }
}
