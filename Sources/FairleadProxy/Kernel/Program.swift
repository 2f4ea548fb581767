import Foundation
import NIOCore
import NIOPosix

/// A program of the system, such as nft.
package struct Program: Sendable {
    package let path: String

    /// nil if it is neither in PATH nor in the folders of administrators' programs, which PATH often leaves out.
    package init?(named name: String, path: String? = ProcessInfo.processInfo.environment["PATH"]) {
        let folders = (path ?? "").split(separator: ":").map(String.init) + ["/usr/local/sbin", "/usr/sbin", "/sbin"]
        let candidates = folders.filter { $0.hasPrefix("/") }.map { $0 + "/" + name }
        guard let found = candidates.first(where: { FileManager.default.isExecutableFile(atPath: $0) }) else {
            return nil
        }
        self.path = found
    }

    /// What a program said, on both of its output streams, and how it ended.
    struct Outcome: Sendable {
        var status: Int32
        var output: String
    }

    /// Runs it to its end.
    ///
    /// - Throws: if it cannot be started, or has not ended in time. It is killed then.
    func run(_ arguments: [String], input: String = "", within limit: TimeAmount = .seconds(60)) async throws -> Outcome
    {
        let deadline = NIODeadline.now() + limit
        let run = try await start(arguments) { collector in OutputCollector(done: collector) }
        let timeout = run.channel.eventLoop.scheduleTask(in: limit) { run.kill() }
        defer { timeout.cancel() }
        do {
            try await run.channel.writeAndFlush(ByteBuffer(string: input))
            try await run.channel.close(mode: .output)
        } catch {
            // It has ended without reading everything; its output says why.
        }
        let output = try await run.output.get()
        let status = try await run.status.get()
        guard status == 0 || NIODeadline.now() < deadline else {
            throw KernelRefusal("\(path) was killed: it had not ended after \(limit.nanoseconds / 1_000_000_000) s")
        }
        return Outcome(status: status, output: output)
    }

    /// Starts it, with both output streams in one pipe.
    func start(
        _ arguments: [String], handler: @escaping @Sendable (EventLoopPromise<String>) -> some ChannelHandler
    ) async throws -> Running {
        // It may end before it has read everything, which must not end us.
        signal(SIGPIPE, SIG_IGN)
        let loop = MultiThreadedEventLoopGroup.singleton.any()
        let (input, output) = (Pipe(), Pipe())
        // A pipe that could not be made has no descriptors.
        guard [input, output].allSatisfy({ $0.fileHandleForReading.fileDescriptor >= 0 }) else {
            throw IOError(errnoCode: EMFILE, reason: "pipe")
        }
        var ours: [CInt] = []
        do {
            for handle in [output.fileHandleForReading, input.fileHandleForWriting] {
                ours.append(try Self.duplicate(handle))
            }
        } catch {
            for descriptor in ours { close(descriptor) }
            throw error
        }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        // No terminal, no history in the user's home, messages in English.
        process.environment = [
            "HOME": "/dev/null", "TERM": "dumb", "LC_ALL": "C", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        ]
        process.standardInput = input.fileHandleForReading
        process.standardOutput = output.fileHandleForWriting
        process.standardError = output.fileHandleForWriting
        let status = loop.makePromise(of: Int32.self)
        process.terminationHandler = { status.succeed($0.terminationStatus) }
        do {
            try process.run()
            for handle in [input.fileHandleForReading, output.fileHandleForWriting] { try handle.close() }
        } catch {
            status.fail(error)
            for descriptor in ours { close(descriptor) }
            throw error
        }
        let collected = loop.makePromise(of: String.self)
        let channel = try await NIOPipeBootstrap(group: loop)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(handler(collected))
                }
            }
            .takingOwnershipOfDescriptors(input: ours[0], output: ours[1]).get()
        return Running(
            channel: channel, pid: process.processIdentifier, output: collected.futureResult,
            status: status.futureResult)
    }

    /// A program that has been started.
    struct Running: Sendable {
        let channel: any Channel
        let pid: Int32
        let output: EventLoopFuture<String>
        let status: EventLoopFuture<Int32>

        /// Programs that it has started itself may live on, with its pipes; nobody waits for those.
        func kill() {
            Foundation.kill(pid, SIGKILL)
            channel.close(promise: nil)
        }
    }

    /// A descriptor of our own that other programs do not inherit, in place of the handle's.
    private static func duplicate(_ handle: FileHandle) throws -> CInt {
        let copy = fcntl(handle.fileDescriptor, F_DUPFD_CLOEXEC, 3)
        guard copy >= 0 else { throw IOError(errnoCode: errno, reason: "fcntl") }
        try handle.close()
        return copy
    }
}

/// Keeps everything that a program writes, up to a limit, until it ends.
private final class OutputCollector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    /// The tables of connections that conntrack prints may be long.
    private static let most = 64 << 20
    private let done: EventLoopPromise<String>
    private var text = ByteBuffer()

    init(done: EventLoopPromise<String>) { self.done = done }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        if text.readableBytes < Self.most { text.writeBuffer(&buffer) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .inputClosed? = event as? ChannelEvent {
            done.succeed(String(buffer: text))
            context.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) { done.succeed(String(buffer: text)) }
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
