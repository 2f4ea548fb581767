package import FairleadContainers
package import FairleadModel

/// exec and attach over the channels of a WebSocket.
///
/// Ends with the command, whose fate goes over the status channel; when the client leaves first, the command is
/// cancelled. Messages on channels that are not the client's to write to are dropped.
package struct ChannelCommand: Sendable {
    private let session: CommandSession
    private let format: ChannelFormat
    private let messages: any MessageChannel
    private let clock: any DelayClock

    /// client-go before 1.33 sets up its streams while it already reads, and drops what is for a stream that it does
    /// not have yet. Beside a real node, the start of a process hides that.
    private static let headStart = Duration.milliseconds(30)

    package init(
        _ session: CommandSession, format: ChannelFormat, messages: any MessageChannel,
        clock: any DelayClock = SystemDelayClock()
    ) {
        self.clock = clock
        self.session = session
        self.format = format
        self.messages = messages
    }

    package func run() async {
        await clock.sleep(for: Self.headStart)
        let input = session.hasInput ? Pipe() : nil
        let sizes = TerminalSizes()
        let hasErrors = session.hasErrors && !session.isTerminal
        let streams = ClientStreams(
            input: input, output: session.hasOutput ? sink(ChannelFormat.Channel.output) : nil,
            errors: hasErrors ? sink(ChannelFormat.Channel.errors) : nil, isTerminal: session.isTerminal,
            sizes: session.isTerminal ? sizes.stream : nil)
        let lowest =
            session.hasOutput
            ? ChannelFormat.Channel.output : hasErrors ? ChannelFormat.Channel.errors : ChannelFormat.Channel.status
        do { try await sink(lowest).open() } catch { return }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await take(input, sizes) }
            group.addTask {
                let end = await session.run(streams)
                guard let bytes = CommandStatus.bytes(of: end, version: format.version) else { return }
                // A client that has gone needs no status.
                try? await sink(ChannelFormat.Channel.status).write(bytes)
            }
            await group.next()
            group.cancelAll()
        }
    }

    private func sink(_ channel: UInt8) -> ChannelSink {
        ChannelSink(channel: channel, format: format, messages: messages)
    }

    /// Gives what the client sends to the command, until the client has gone.
    private func take(_ input: Pipe?, _ sizes: TerminalSizes) async {
        var sizes = sizes
        defer {
            input?.end()
            sizes.end()
        }
        while let message = await messages.receive() {
            guard let (channel, bytes) = format.parse(message) else {
                // An empty message says nothing; text that is no base64 is another protocol.
                if message.isEmpty { continue }
                return
            }
            switch channel {
            case ChannelFormat.Channel.input:
                // A command that reads no more does not end the session.
                try? await input?.write(bytes)
            case ChannelFormat.Channel.resize: sizes.append(bytes)
            case ChannelFormat.Channel.close where format.version >= 5:
                if bytes.first == ChannelFormat.Channel.input { input?.end() }
            default: break
            }
        }
    }
}
