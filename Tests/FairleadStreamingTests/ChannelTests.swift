import FairleadContainers
import FairleadModel
import Synchronization
import Testing

@testable import FairleadStreaming

@Suite(.timeLimit(.minutes(1)))
struct ChannelTests {
    /// A session with a command that prints its input in upper case to both outputs.
    private static func shouting(version: Int, isBase64: Bool = false) async -> FakeMessages {
        let messages = FakeMessages()
        let session = CommandSession(hasInput: true, hasOutput: true, hasErrors: true) { streams in
            let input = await streams.input?.all(limit: 1000) ?? []
            try? await streams.output?.write(String(decoding: input, as: UTF8.self).uppercased())
            try? await streams.errors?.write("bad\n")
            return .exit(code: 3, command: ["sh", "-c", "exit 3"])
        }
        let format = ChannelFormat(version: version, isBase64: isBase64)
        messages.give(format.message(0, "hel".utf8))
        messages.give([])
        messages.give(format.message(9, "forged".utf8))
        messages.give(format.message(1, "forged".utf8))
        messages.give(format.message(0, "lo".utf8))
        if version >= 5 { messages.give([255, 0]) }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await ChannelCommand(session, format: format, messages: messages).run() }
            if version < 5 {
                // Nothing but the end of the connection ends the input.
                await messages.left(0)
                messages.leave()
            }
        }
        return messages
    }

    @Test func versionFive() async {
        let messages = await Self.shouting(version: 5)
        #expect(messages.sent.first == [1])
        #expect(messages.text(1) == "HELLO")
        #expect(messages.text(2) == "bad\n")
        #expect(
            messages.text(3)
                == #"{"metadata":{},"details":{"causes":[{"message":"3","reason":"ExitCode"}]},"message":"command "#
                + #"terminated with non-zero exit code: error executing command [sh -c exit 3], exit code 3","#
                + #""reason":"NonZeroExitCode","status":"Failure"}"#)
        #expect(messages.texts == 0)
    }

    @Test(arguments: [
        (1, CommandEnd.success, nil), (4, .success, #"{"metadata":{},"status":"Success"}"#),
        (
            1, .exit(code: 2, command: ["a", "b"]),
            "command terminated with non-zero exit code: error executing command [a b], exit code 2"
        ),
        (3, .failure("no"), "Internal error occurred: no"),
        (
            5, .failure("no"),
            #"{"metadata":{},"code":500,"details":{"causes":[{"message":"no"}]},"message":"Internal error occurred: no","#
                + #""reason":"InternalError","status":"Failure"}"#
        ),
    ])
    func theEndIsToldAsTheVersionHasIt(version: Int, end: CommandEnd, expected: String?) {
        let bytes = CommandStatus.bytes(of: end, version: version)
        #expect(bytes.map { String(decoding: $0, as: UTF8.self) } == expected)
    }

    @Test func baseSixtyFour() async {
        let messages = FakeMessages()
        let session = CommandSession(hasInput: true, hasOutput: true) { streams in
            let bytes = await streams.input?.read(upTo: 100) ?? []
            try? await streams.output?.write(bytes)
            return .success
        }
        messages.give(Array("0aGk=".utf8))
        await ChannelCommand(session, format: ChannelFormat(version: 1, isBase64: true), messages: messages).run()
        #expect(messages.sent == [Array("1".utf8), Array("1aGk=".utf8)])
        #expect(messages.texts == 2)
    }

    @Test func whatIsNoBase64EndsTheSession() async {
        let messages = FakeMessages()
        let session = CommandSession(hasInput: true) { streams in
            while await streams.input?.read(upTo: 100) != nil {}
            return .success
        }
        messages.give(Array("0a*".utf8))
        await ChannelCommand(session, format: ChannelFormat(version: 4, isBase64: true), messages: messages).run()
    }

    @Test func theFirstMessageOpensTheLowestChannel() async {
        for (output, errors, lowest) in [(true, true, UInt8(1)), (false, true, 2), (false, false, 3)] {
            let messages = FakeMessages()
            let session = CommandSession(hasInput: true, hasOutput: output, hasErrors: errors) { _ in .success }
            await ChannelCommand(session, format: ChannelFormat(version: 4), messages: messages).run()
            #expect(messages.sent.first == [lowest])
        }
    }

    @Test func aClientThatLeavesEndsTheCommand() async {
        let messages = FakeMessages()
        let wasCancelled = Mutex(false)
        let session = CommandSession(hasOutput: true) { _ in
            await StillClock().sleep(until: .seconds(1))
            wasCancelled.withLock { $0 = Task.isCancelled }
            return .success
        }
        async let running: Void = ChannelCommand(session, format: ChannelFormat(version: 5), messages: messages).run()
        await messages.sent(1)
        messages.leave()
        await running
        #expect(wasCancelled.withLock { $0 })
        #expect(messages.sent.count == 1)
    }

    @Test func endlessInputWaitsForTheCommand() async {
        let messages = FakeMessages()
        for _ in 0..<100 { messages.give([0] + [UInt8](repeating: 1, count: 10_000)) }
        let gate = Pipe()
        let session = CommandSession(hasInput: true, hasOutput: true) { streams in
            _ = await gate.read(upTo: 1)
            return .success
        }
        async let running: Void = ChannelCommand(session, format: ChannelFormat(version: 4), messages: messages).run()
        // What fits into the pipe, and the one that waits for room.
        await messages.left(93)
        for _ in 0..<100 { await Task.yield() }
        #expect(messages.waiting == 93)
        gate.end()
        await running
        #expect(messages.text(3) == #"{"metadata":{},"status":"Success"}"#)
    }

    @Test func largeOutputIsCutIntoMessages() async {
        let messages = FakeMessages()
        let session = CommandSession(hasOutput: true) { streams in
            try? await streams.output?.write([UInt8](repeating: 120, count: 100_000))
            return .success
        }
        await ChannelCommand(session, format: ChannelFormat(version: 5), messages: messages).run()
        #expect(messages.text(1).utf8.count == 100_000)
        #expect(messages.sent.allSatisfy { $0.count <= ChannelSink.pieceSize + 1 })
    }

    @Test func terminalsHaveSizesAndNoErrors() async {
        let messages = FakeMessages()
        messages.give([4] + Array(#"{"Width":120,"Hei"#.utf8))
        messages.give([4] + Array(#"ght":40}"#.utf8))
        let session = CommandSession(hasOutput: true, hasErrors: true, isTerminal: true) { streams in
            #expect(streams.errors == nil)
            var sizes = streams.sizes?.makeAsyncIterator()
            let size = await sizes?.next()
            try? await streams.output?.write("\(size?.columns ?? 0)x\(size?.rows ?? 0)")
            return .success
        }
        await ChannelCommand(session, format: ChannelFormat(version: 5), messages: messages).run()
        #expect(messages.text(1) == "120x40")
    }

    @Test func sizesThatAreNoneAreForgotten() async {
        var sizes = TerminalSizes()
        for text in ["{}", "}", #"{"Width":-1,"Height":2}"#, #"{"Width":70000,"Height":2}"#, "nonsense}"] {
            sizes.append(Array(text.utf8))
        }
        sizes.append([UInt8](repeating: 65, count: 5000))
        sizes.append(Array(#"{"Width":1,"Height":2}"#.utf8))
        sizes.end()
        var found: [TerminalSize] = []
        for await size in sizes.stream { found.append(size) }
        #expect(found == [TerminalSize(columns: 1, rows: 2)])
    }

    @Test func portsHaveTwoChannelsEach() async {
        let messages = FakeMessages()
        let (near, far) = connectionPair()
        let session = PortSession(ports: [8080, 81], sandbox: "box") { port throws(NetworkError) in
            if port == 81 { throw .refused }
            return near
        }
        messages.give([0] + Array("ping".utf8))
        messages.give([8, 1])
        async let running: Void = ChannelPorts(session, format: ChannelFormat(version: 4), messages: messages).run()
        #expect(await far.input.read(upTo: 10) == Array("ping".utf8))
        try? await far.output.write("pong")
        await messages.sent(6)
        far.close()
        await running
        #expect(
            messages.text(0).utf8.elementsEqual([0x90, 0x1F] + Array("pong".utf8))
                || messages.sent.contains([0, 0x90, 0x1F]))
        #expect(messages.sent.contains([0] + Array("pong".utf8)))
        #expect(messages.sent.contains([2, 81, 0]) && messages.sent.contains([3, 81, 0]))
        #expect(messages.text(3).contains("error forwarding port 81 to pod box, uid : "))
        #expect(messages.text(3).contains("connection refused"))
    }
}

extension ChannelTests {
    @Test(arguments: [(false, "some text"), (true, "c29tZSB0ZXh0")])
    func aLogComesInMessages(isBase64: Bool, expected: String) async {
        let messages = FakeMessages()
        let session = LogSession { try? await $0.write("some text") }
        await LogMessages(session, isBase64: isBase64, messages: messages).run()
        #expect(messages.sent == [Array(expected.utf8)])
        #expect(messages.texts == (isBase64 ? 1 : 0))
    }

    @Test func aFollowedLogEndsWithItsClient() async {
        let messages = FakeMessages()
        let session = LogSession { _ in await StillClock().sleep(until: .seconds(1)) }
        messages.give(Array("whatever".utf8))
        messages.leave()
        await LogMessages(session, isBase64: false, messages: messages).run()
        #expect(messages.waiting == 0)
    }
}
