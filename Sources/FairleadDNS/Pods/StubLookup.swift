package import NIOCore
import NIOPosix

/// Looks a name up as a client in a pod does, and records every question on the way: the search list, `ndots`, one
/// question per address family, TCP after a truncated answer.
package struct StubLookup: Sendable {
    /// One question and its outcome.
    package struct Step: Sendable {
        package var question: Question
        package var server: String
        package var transport: DNSTransport
        /// nil if there was no answer.
        package var answer: Message?
        /// Whether the question was useless to the client, because a later name had the addresses.
        package var isWasted = false

        package var records: [ResourceRecord] { answer?.answers ?? [] }
    }

    private let configuration: ResolverConfiguration
    private let types: [RecordType]
    private let resolveServer: @Sendable (String) -> DNSAddress?
    private let eventLoop: any EventLoop
    private let timeout: TimeAmount

    /// - Parameter resolveServer: maps a nameserver of the file to the address where it really answers.
    package init(
        _ configuration: ResolverConfiguration, types: [RecordType] = [.a, .aaaa], timeout: TimeAmount = .seconds(5),
        on eventLoop: (any EventLoop)? = nil,
        resolveServer: @escaping @Sendable (String) -> DNSAddress?
    ) {
        self.configuration = configuration
        self.types = types
        self.timeout = timeout
        self.eventLoop = eventLoop ?? MultiThreadedEventLoopGroup.singleton.next()
        self.resolveServer = resolveServer
    }

    /// The names to try, in order. A name with a final dot is tried as it is, and nothing else.
    package static func candidates(_ name: String, _ configuration: ResolverConfiguration) -> [DomainName] {
        guard let plain = DomainName(name) else { return [] }
        if name.hasSuffix(".") { return [plain] }
        let searched = configuration.searches.compactMap { DomainName(name + "." + $0) }
        let dots = name.utf8.count { $0 == UInt8(ascii: ".") }
        return dots >= configuration.dots ? [plain] + searched : searched + [plain]
    }

    /// Asks until a name has addresses, or no names are left.
    package func run(_ name: String) async -> [Step] {
        var steps: [Step] = []
        var found = false
        for candidate in Self.candidates(name, configuration) {
            var tried: [Step] = []
            for type in types { tried += await ask(Question(candidate, type)) }
            found = tried.contains { !$0.records.isEmpty }
            steps += tried
            if found { break }
        }
        let last = steps.last?.question.name
        for index in steps.indices where found && steps[index].question.name != last { steps[index].isWasted = true }
        return steps
    }

    /// Asks the servers one after the other until one answers; repeats the question over TCP if the answer was
    /// truncated.
    private func ask(_ question: Question) async -> [Step] {
        var steps: [Step] = []
        for server in configuration.nameservers {
            var step = Step(question: question, server: server, transport: .udp)
            step.answer = await exchange(question, server, .udp)
            steps.append(step)
            guard let answer = step.answer else { continue }
            if answer.header.isTruncated {
                step.transport = .tcp
                step.answer = await exchange(question, server, .tcp)
                steps.append(step)
            }
            // An error such as SERVFAIL does not settle the question: the next server is asked.
            if answer.responseCode == .noError || answer.responseCode == .nameError { break }
        }
        return steps
    }

    private func exchange(_ question: Question, _ server: String, _ transport: DNSTransport) async -> Message? {
        guard let address = resolveServer(server), let socket = try? address.socketAddress() else { return nil }
        let query = Message(id: UInt16.random(in: 0...UInt16.max), asking: question)
        return try? await DNSExchange.run(query, at: socket, transport, timeout: timeout, on: eventLoop).get()
    }
}
