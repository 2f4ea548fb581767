import FairleadContainers
import Testing

@testable import FairleadStreaming

struct NegotiationTests {
    private static let webSocket = [
        (name: "Connection", value: "keep-alive, Upgrade"), (name: "Upgrade", value: "websocket"),
        (name: "Sec-WebSocket-Version", value: "13"),
        (name: "Sec-WebSocket-Key", value: "dGhlIHNhbXBsZSBub25jZQ=="),
    ]
    private static let spdy = [(name: "connection", value: "upgrade"), (name: "upgrade", value: "SPDY/3.1")]
    private static let command = PodSession.command(CommandSession { _ in .success })

    private static func ports(_ ports: [UInt16]) -> PodSession {
        .ports(PortSession(ports: ports, sandbox: "s") { _ throws(NetworkError) in throw .refused })
    }

    private func outcome(_ session: PodSession, _ headers: [(name: String, value: String)]) -> String {
        func text(_ headers: [(name: String, value: String)]) -> String {
            headers.map { "\($0.name)=\($0.value)" }.joined(separator: ";")
        }
        switch SessionNegotiation.transport(for: session, SessionRequest(headers: headers), clock: StillClock()) {
        case .messages(let headers, _): return "messages " + text(headers)
        case .bytes(let headers, _): return "bytes " + text(headers)
        case .refusal(let status, let headers, let why): return "\(status) \(why) \(text(headers))"
        }
    }

    @Test func theHandshakeIsThatOfTheSpecification() {
        #expect(SHA1.digest(of: Array("abc".utf8)).prefix(4) == [0xA9, 0x99, 0x3E, 0x36])
        #expect(WebSocketHandshake.accept(key: "dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    }

    @Test(arguments: [
        (nil, "messages"), ("channel.k8s.io", "channel.k8s.io"), ("v5.channel.k8s.io", "v5.channel.k8s.io"),
        ("v9.channel.k8s.io, v4.channel.k8s.io", "v4.channel.k8s.io"),
        ("base64.channel.k8s.io,v4.channel.k8s.io", "base64.channel.k8s.io"), ("v2.channel.k8s.io", "403"),
        ("binary.k8s.io", "403"),
    ])
    func commandsOverWebSockets(offered: String?, expected: String) {
        var headers = Self.webSocket
        if let offered { headers.append((name: "sec-websocket-protocol", value: offered)) }
        let found = outcome(Self.command, headers)
        let suffix = expected == "messages" ? "" : ";Sec-WebSocket-Protocol=\(expected)"
        let accepted = "messages Upgrade=websocket;Connection=Upgrade;Sec-WebSocket-Accept=s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
        #expect(expected == "403" ? found.hasPrefix("403") : found == accepted + suffix)
    }

    @Test(arguments: [
        ("v4.channel.k8s.io, channel.k8s.io", "v4.channel.k8s.io"), ("v3.channel.k8s.io", "v3.channel.k8s.io"),
        ("channel.k8s.io", "channel.k8s.io"),
    ])
    func commandsOverSPDY(offered: String, expected: String) {
        #expect(
            outcome(Self.command, Self.spdy + [(name: "X-Stream-Protocol-Version", value: offered)])
                == "bytes Connection=Upgrade;Upgrade=SPDY/3.1;X-Stream-Protocol-Version=\(expected)")
    }

    @Test func whatCannotBeAgreedIsRefusedInTheWordsOfAKubelet() {
        #expect(
            outcome(Self.command, [(name: "Connection", value: "Upgrade"), (name: "Upgrade", value: "h2c")])
                .hasPrefix("400 unable to upgrade: missing upgrade headers in request"))
        #expect(
            outcome(Self.command, Self.spdy).hasPrefix("400 unable to upgrade: X-Stream-Protocol-Version is required"))
        let unknown = outcome(Self.command, Self.spdy + [(name: "X-Stream-Protocol-Version", value: "v8")])
        #expect(unknown.hasPrefix("403 unable to upgrade: unable to negotiate protocol: client supports [v8], server"))
        #expect(unknown.contains("X-Accepted-Stream-Protocol-Versions=v4.channel.k8s.io"))
        var old = Self.webSocket
        old[2].value = "8"
        #expect(outcome(Self.command, old).hasSuffix("Sec-WebSocket-Version=13"))
        var keyless = Self.webSocket
        keyless[3].value = "short"
        #expect(outcome(Self.command, keyless).hasPrefix("400"))
    }

    @Test func portsGoThroughTunnelsStreamsAndChannels() {
        let tunnel = Self.webSocket + [(name: "Sec-WebSocket-Protocol", value: "SPDY/3.1+portforward.k8s.io")]
        #expect(outcome(Self.ports([]), tunnel).hasSuffix("Sec-WebSocket-Protocol=SPDY/3.1+portforward.k8s.io"))
        let streams = Self.spdy + [(name: "X-Stream-Protocol-Version", value: "portforward.k8s.io")]
        #expect(outcome(Self.ports([]), streams).hasPrefix("bytes"))
        let channels = Self.webSocket + [(name: "Sec-WebSocket-Protocol", value: "v4.channel.k8s.io")]
        #expect(outcome(Self.ports([80]), channels).hasPrefix("messages"))
        #expect(outcome(Self.ports([]), channels).hasPrefix("400 query parameter \"port\" is required"))
    }

    @Test func logsGoOverWebSocketsOnly() {
        let log = PodSession.log(LogSession { _ in })
        for name in ["binary.k8s.io", "base64.binary.k8s.io"] {
            let found = outcome(log, Self.webSocket + [(name: "Sec-WebSocket-Protocol", value: name)])
            #expect(found.hasSuffix("Sec-WebSocket-Protocol=\(name)"))
        }
        #expect(outcome(log, Self.webSocket).hasPrefix("messages"))
        #expect(outcome(log, Self.spdy).hasPrefix("400"))
    }
}
