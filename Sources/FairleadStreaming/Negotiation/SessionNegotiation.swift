package import FairleadContainers
package import FairleadModel

/// Finds the protocol that a client and this server have in common, for exec, attach, port forwarding and logs.
///
/// Reference: k8s.io/kubelet `pkg/cri/streaming`, k8s.io/apimachinery `util/httpstream`.
package enum SessionNegotiation {
    private static let commandChannels: [String: ChannelFormat] = [
        "": ChannelFormat(version: 1), "channel.k8s.io": ChannelFormat(version: 1),
        "base64.channel.k8s.io": ChannelFormat(version: 1, isBase64: true),
        "v4.channel.k8s.io": ChannelFormat(version: 4),
        "v4.base64.channel.k8s.io": ChannelFormat(version: 4, isBase64: true),
        "v5.channel.k8s.io": ChannelFormat(version: 5),
        "v5.base64.channel.k8s.io": ChannelFormat(version: 5, isBase64: true),
    ]
    private static let portChannels: [String: ChannelFormat] = [
        "": ChannelFormat(version: 4), "v4.channel.k8s.io": ChannelFormat(version: 4),
        "v4.base64.channel.k8s.io": ChannelFormat(version: 4, isBase64: true),
    ]
    private static let commandStreams = [
        "v4.channel.k8s.io", "v3.channel.k8s.io", "v2.channel.k8s.io", "channel.k8s.io",
    ]
    private static let portStreams = ["portforward.k8s.io"]
    private static let tunnel = "SPDY/3.1+portforward.k8s.io"
    private static let logFormats = ["", "binary.k8s.io", "base64.binary.k8s.io"]

    package static func transport(
        for session: PodSession, _ request: SessionRequest, clock: any DelayClock = SystemDelayClock()
    ) -> SessionTransport {
        if case .relay(let relay) = session { return .bytes(headers: relay.headers, run: relay.run) }
        if request.isWebSocket { return webSocket(for: session, request, clock) }
        if request.isSPDY { return streams(for: session, request, clock) }
        let upgrade = "[" + request.values("upgrade").joined(separator: " ") + "]"
        let connection = "[" + request.values("connection").joined(separator: " ") + "]"
        return .refusal(
            status: 400, headers: [],
            text: "unable to upgrade: missing upgrade headers in request: "
                + "map[Connection:\(connection) Upgrade:\(upgrade)]")
    }

    private static func webSocket(
        for session: PodSession, _ request: SessionRequest, _ clock: any DelayClock
    ) -> SessionTransport {
        let served: [String] =
            switch session {
            case .command: Array(commandChannels.keys)
            case .ports: Array(portChannels.keys) + [tunnel]
            case .log: logFormats
            case .relay: []
            }
        switch WebSocketHandshake.answer(request, served: served) {
        case .refusal(let status, let headers, let text): return .refusal(status: status, headers: headers, text: text)
        case .headers(let headers, let chosen):
            switch session {
            case .command(let session):
                let format = commandChannels[chosen] ?? ChannelFormat(version: 1)
                return .messages(headers: headers) {
                    await ChannelCommand(session, format: format, messages: $0, clock: clock).run()
                }
            case .ports(let session) where chosen == tunnel:
                return .messages(headers: headers) { messages in
                    let stream = MessageStream(messages)
                    await StreamPorts(session, clock: clock).run(stream, stream)
                }
            case .ports(let session):
                guard !session.ports.isEmpty else {
                    return .refusal(status: 400, headers: [], text: "query parameter \"port\" is required")
                }
                let format = portChannels[chosen] ?? ChannelFormat(version: 4)
                return .messages(headers: headers) { await ChannelPorts(session, format: format, messages: $0).run() }
            case .log(let session):
                let isBase64 = chosen.hasPrefix("base64.")
                return .messages(headers: headers) {
                    await LogMessages(session, isBase64: isBase64, messages: $0).run()
                }
            case .relay(let relay): return .bytes(headers: relay.headers, run: relay.run)
            }
        }
    }

    private static func streams(
        for session: PodSession, _ request: SessionRequest, _ clock: any DelayClock
    ) -> SessionTransport {
        let served: [String]
        switch session {
        case .command: served = commandStreams
        case .ports: served = portStreams
        case .log: return .refusal(status: 400, headers: [], text: "logs are sent over WebSockets only")
        case .relay(let relay): return .bytes(headers: relay.headers, run: relay.run)
        }
        let header = "X-Stream-Protocol-Version"
        let offered = request.values(header.lowercased())
        if offered.isEmpty {
            return .refusal(status: 400, headers: [], text: "unable to upgrade: \(header) is required")
        }
        guard let chosen = offered.first(where: served.contains) else {
            return .refusal(
                status: 403, headers: served.map { (name: "X-Accepted-Stream-Protocol-Versions", value: $0) },
                text: "unable to upgrade: unable to negotiate protocol: client supports "
                    + "[\(offered.joined(separator: " "))], server accepts [\(served.joined(separator: " "))]")
        }
        let headers: [(name: String, value: String)] = [
            (name: "Connection", value: "Upgrade"), (name: "Upgrade", value: "SPDY/3.1"), (name: header, value: chosen),
        ]
        switch session {
        case .command(let session):
            let version = chosen == "channel.k8s.io" ? 1 : Int(chosen.dropFirst().prefix(1)) ?? 1
            return .bytes(headers: headers) { await StreamCommand(session, version: version, clock: clock).run($0, $1) }
        case .ports(let session):
            return .bytes(headers: headers) { await StreamPorts(session, clock: clock).run($0, $1) }
        case .log: return .refusal(status: 400, headers: [], text: "logs are sent over WebSockets only")
        case .relay(let relay): return .bytes(headers: relay.headers, run: relay.run)
        }
    }
}
