import FairleadContainers
import FairleadModel

/// redis-cli: one command, or one per line of its input.
struct RedisClient: Program {
    func run(_ process: Process) async -> ExitStatus {
        var host = "127.0.0.1"
        var port: UInt16 = 6379
        var rest = process.arguments1[...]
        while let option = rest.first, option.hasPrefix("-") {
            rest.removeFirst()
            switch option {
            case "-h": host = rest.popFirst() ?? host
            case "-p": port = rest.popFirst().flatMap { UInt16($0) } ?? port
            case "-a", "-n", "-u", "--user", "--pass": _ = rest.popFirst()
            case "-v", "--version":
                await process.print("redis-cli \(RedisServer.version)")
                return .success
            case "--raw", "--no-raw", "--no-auth-warning", "-2", "-3": continue
            default:
                await process.complain("Unrecognized option or bad number of args for: '\(option)'")
                return .failure
            }
        }
        if !rest.isEmpty { return await one(Array(rest), host, port, process) }
        // Lines beyond a megabyte are no commands.
        let input = await process.input.all(limit: 1 << 20) ?? []
        var status = ExitStatus.success
        for line in String(decoding: input, as: UTF8.self).split(separator: "\n") {
            status = await one(line.split(separator: " ").map(String.init), host, port, process)
        }
        return status
    }

    private func one(_ words: [String], _ host: String, _ port: UInt16, _ process: Process) async -> ExitStatus {
        switch await Self.call(words, host: host, port: port, process) {
        case .success(let reply):
            await process.print(process.isTerminal ? Self.shown(reply) : Self.plain(reply))
            if case .error = reply { return .failure }
            return .success
        case .failure(let failure):
            await process.complain("Could not connect to Redis at \(host):\(port): \(failure.message)")
            return .failure
        }
    }

    private static func plain(_ reply: RedisReply) -> String {
        if case .error(let text) = reply { return text + "\n" }
        return reply.text
    }

    /// As to a terminal: with types.
    private static func shown(_ reply: RedisReply) -> String {
        switch reply {
        case .status(let text): text
        case .error(let text): "(error) \(text)"
        case .number(let number): "(integer) \(number)"
        case .text(nil): "(nil)"
        case .text(let text?): text.goQuoted
        case .list(let items):
            items.isEmpty
                ? "(empty array)" : items.enumerated().map { "\($0 + 1)) \(shown($1))" }.joined(separator: "\n")
        }
    }

    /// Sends one command and reads the answer, within five seconds.
    static func call(
        _ words: [String], host: String, port: UInt16, _ process: Process
    ) async -> Result<RedisReply, WebCall.Failure> {
        let limit = Duration.seconds(5)
        let answer = await Deadline.run(process.world.clock, limit) { () -> Result<RedisReply, WebCall.Failure> in
            do {
                let addresses = try await HostResolver(process.world).addresses(of: host, within: limit)
                guard let address = addresses.first else { throw NetworkError.nameNotFound(host) }
                let connection = try await process.world.network.connect(
                    to: NetworkAddress(address, port), within: limit)
                defer { connection.close() }
                try await connection.output.write(RedisReply.list(words.map { .text($0) }).wire)
                var reader = RedisReader(connection.input)
                guard let reply = try await reader.reply() else {
                    return .failure(WebCall.Failure(message: "Server closed the connection"))
                }
                return .success(reply)
            } catch let error as NetworkError {
                return .failure(WebCall.Failure(message: error.description))
            } catch {
                return .failure(WebCall.Failure(message: "Protocol error, got unexpected bytes"))
            }
        }
        return answer ?? .failure(WebCall.Failure(message: NetworkError.timedOut.description))
    }
}
