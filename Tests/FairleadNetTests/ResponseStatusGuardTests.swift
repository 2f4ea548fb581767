import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import FairleadNet

struct ResponseStatusGuardTests {
    private func channel() throws -> EmbeddedChannel {
        let channel = EmbeddedChannel()
        try channel.pipeline.syncOperations.addHandlers([
            HTTPRequestEncoder(), ByteToMessageHandler(HTTPResponseDecoder(informationalResponseStrategy: .forward)),
        ])
        try ResponseStatusGuard.install(in: channel).wait()
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        try channel.writeOutbound(
            HTTPClientRequestPart.head(HTTPRequestHead(version: .http1_1, method: .GET, uri: "/")))
        try channel.writeOutbound(HTTPClientRequestPart.end(nil))
        return channel
    }

    @Test(arguments: ["000", "001", "099"])
    func whatIsNoStatusEndsTheConnectionAndIsPassedOnToNobody(status: String) throws {
        let channel = try channel()
        #expect(throws: (any Error).self) {
            try channel.writeInbound(ByteBuffer(string: "HTTP/1.1 \(status) X\r\nContent-Length: 0\r\n\r\n"))
        }
        #expect(try channel.readInbound(as: HTTPClientResponsePart.self) == nil)
        #expect(!channel.isActive)
    }

    @Test(arguments: ["200", "404", "999"])
    func whateverElseIsTheClientsBusiness(status: String) throws {
        let channel = try channel()
        try channel.writeInbound(ByteBuffer(string: "HTTP/1.1 \(status) X\r\nContent-Length: 0\r\n\r\n"))
        guard case .head(let head) = try channel.readInbound(as: HTTPClientResponsePart.self) else {
            Issue.record("no head")
            return
        }
        #expect("\(head.status.code)" == status)
    }
}
