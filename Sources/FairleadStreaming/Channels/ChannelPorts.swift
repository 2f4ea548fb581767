package import FairleadContainers

/// Port forwarding over the channels of a WebSocket: of the n-th port, channel 2n carries data and 2n + 1 an error.
/// Each begins with the port, in two bytes, the low one first.
package struct ChannelPorts: Sendable {
    private let session: PortSession
    private let format: ChannelFormat
    private let messages: any MessageChannel

    /// A byte names a channel.
    package static let maximumPorts = 127

    package init(_ session: PortSession, format: ChannelFormat, messages: any MessageChannel) {
        self.session = session
        self.format = format
        self.messages = messages
    }

    /// Ends when all connections have ended, or the client has gone.
    package func run() async {
        let ports = Array(session.ports.prefix(Self.maximumPorts))
        let inputs = ports.map { _ in Pipe() }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await take(inputs) }
            group.addTask {
                await withTaskGroup(of: Void.self) { group in
                    for (index, port) in ports.enumerated() {
                        group.addTask { await forward(port, UInt8(truncatingIfNeeded: index), inputs[index]) }
                    }
                }
            }
            await group.next()
            group.cancelAll()
        }
    }

    private func take(_ inputs: [Pipe]) async {
        defer { for input in inputs { input.end() } }
        while let message = await messages.receive() {
            guard let (channel, bytes) = format.parse(message) else {
                if message.isEmpty { continue }
                return
            }
            guard channel % 2 == 0, inputs.indices.contains(Int(channel / 2)) else { continue }
            // A connection that has ended does not end the others.
            try? await inputs[Int(channel / 2)].write(bytes)
        }
    }

    private func forward(_ port: UInt16, _ index: UInt8, _ input: Pipe) async {
        let data = ChannelSink(channel: index &* 2, format: format, messages: messages)
        let errors = ChannelSink(channel: index &* 2 &+ 1, format: format, messages: messages)
        defer { input.close() }
        do {
            for sink in [data, errors] {
                try await sink.write([UInt8(truncatingIfNeeded: port), UInt8(truncatingIfNeeded: port >> 8)])
            }
            let connection: Connection
            do throws(NetworkError) {
                connection = try await session.connect(port)
            } catch {
                let text = PortRelay.complaint(error, port: port, sandbox: session.sandbox)
                return try await errors.write(Array(text.utf8))
            }
            await PortRelay.run(connection, from: input, isBroken: { false }, to: data)
        } catch {
            // The client has gone.
        }
    }
}
