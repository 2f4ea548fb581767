import FairleadContainers
import FairleadModel

/// Tries to reach somebody: silence means success, one word on the standard error why not.
struct ConnectCommand: AgnhostCommand {
    static let name = "connect"

    static var options: CommandFlags.Known {
        var known = CommandFlags.Known()
        known.values = ["timeout": "0", "protocol": "tcp", "udp-data": "hostname"]
        known.booleans["sctp"] = false
        return known
    }

    func run(_ process: Process, _ flags: CommandFlags) async -> ExitStatus {
        func fail(_ text: String) async -> ExitStatus {
            await process.complain(text)
            return .failure
        }
        guard let target = flags.words.first, flags.words.count == 1, let colon = target.lastIndex(of: ":"),
            let port = UInt16(target[target.index(after: colon)...])
        else { return await fail("OTHER: address \(flags.words.first ?? ""): missing port in address") }
        let limit: Duration
        do throws(GoDuration.ParseError) {
            limit = try GoDuration.parse(flags.text("timeout"))
        } catch {
            return await fail(
                "Error: invalid argument \(flags.text("timeout").goQuoted) for \"--timeout\" flag: \(error.message)")
        }
        // Without a limit, a connection attempt ends after the kernel's own.
        let patience = limit > .zero ? limit : .seconds(127)
        let transport = flags.flag("sctp") ? "sctp" : flags.text("protocol")
        let answer = await Deadline.run(process.world.clock, patience) { () -> String? in
            do throws(NetworkError) {
                let addresses = try await HostResolver(process.world).addresses(
                    of: String(target[..<colon]), within: patience)
                guard let address = addresses.first else { throw .nameNotFound(target) }
                let peer = NetworkAddress(address, port)
                switch transport {
                case "tcp": try await process.world.network.connect(to: peer, within: patience).close()
                case "udp": try await Self.datagram(process, peer, flags.text("udp-data"), patience)
                case "sctp": return "OTHER: protocol not supported"
                default: return "OTHER: unsupported protocol \(transport)"
                }
                return nil
            } catch {
                return Self.word(error, target)
            }
        }
        // An answer of nil is none within the time, the one within it success.
        guard let answer else { return await fail("TIMEOUT") }
        if let answer { return await fail(answer) }
        return .success
    }

    private static func datagram(
        _ process: Process, _ peer: NetworkAddress, _ text: String, _ limit: Duration
    ) async throws(NetworkError) {
        let socket = try process.world.network.bind(port: 0, address: nil)
        defer { socket.close() }
        try await socket.send(Array((text + "\n").utf8), to: peer)
        _ = try await socket.receive(within: limit)
    }

    private static func word(_ error: NetworkError, _ target: String) -> String {
        switch error {
        case .refused: "REFUSED"
        case .timedOut: "TIMEOUT"
        case .nameNotFound(let name): "DNS: lookup \(name): no such host"
        case .nameFailure(let name): "DNS: lookup \(name): server misbehaving"
        default: "OTHER: dial tcp \(target): \(error.goDescription)"
        }
    }
}
