import Logging
import NIOCore
import Synchronization

/// Finds out whether the upstream server passes our questions back to us, like CoreDNS's loop plugin: a question with a
/// name that nobody else would ask for is sent to that server, and must not arrive here.
///
/// The probe is sent at the start, and every half a minute while the upstream server does not answer (which is what a
/// loop looks like) or a loop is known. While there is a loop, nothing is forwarded.
final class LoopProbe: Sendable {
    private struct State {
        var name: DomainName?
        var wasSeen = false
        var isLooping = false
    }

    private let upstream: SocketAddress
    private let logger: Logger
    private let state = Mutex(State())

    private static let interval = TimeAmount.seconds(30)
    private static let timeout = TimeAmount.seconds(2)
    /// HINFO: no client asks for it.
    private static let type = RecordType(rawValue: 13)

    init(upstream: SocketAddress, logger: Logger) {
        self.upstream = upstream
        self.logger = logger
    }

    func start(on eventLoop: any EventLoop, isSuspicious: @escaping @Sendable () -> Bool) {
        send(on: eventLoop)
        eventLoop.scheduleRepeatedTask(initialDelay: Self.interval, delay: Self.interval) { _ in
            if self.state.withLock({ $0.isLooping }) || isSuspicious() { self.send(on: eventLoop) }
        }
    }

    /// False while there is a loop, and for a probe that has come back.
    func letsPass(_ question: Question) -> Bool {
        let (passes, isNews) = state.withLock { state -> (Bool, Bool) in
            guard question.type == Self.type, question.name.lowercased == state.name else {
                return (!state.isLooping, false)
            }
            state.wasSeen = true
            defer { state.isLooping = true }
            return (false, !state.isLooping)
        }
        if isNews {
            logger.error(
                "the server that is forwarded to passes questions back to this one: nothing is forwarded any more",
                metadata: ["upstream": .string("\(upstream)")])
        }
        return passes
    }

    private func send(on eventLoop: any EventLoop) {
        let labels = (0..<2).map { _ in String(UInt64.random(in: 0...UInt64.max)) }
        guard let name = DomainName(labels.joined(separator: ".")) else { return }
        state.withLock { state in
            state.name = name
            state.wasSeen = false
        }
        let query = Message(id: UInt16.random(in: 0...UInt16.max), asking: Question(name, Self.type))
        DNSExchange.run(query, at: upstream, .udp, timeout: Self.timeout, on: eventLoop).whenComplete { _ in
            let isOver = self.state.withLock { state -> Bool in
                guard state.isLooping, !state.wasSeen else { return false }
                state.isLooping = false
                return true
            }
            if isOver {
                self.logger.notice(
                    "the server that is forwarded to does not pass questions back any more",
                    metadata: ["upstream": .string("\(self.upstream)")])
            }
        }
    }
}
