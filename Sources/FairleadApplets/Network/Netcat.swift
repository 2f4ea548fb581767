import FairleadContainers
import FairleadModel

/// `nc`, as OpenBSD has it, with the listening options of busybox.
struct Netcat {
    private let process: Process
    private let options: AppletOptions
    private let wait: Duration?

    static let applet = Applet { process in
        let options = try AppletOptions(process.words, "vtuzlknNdD46w:p:s:q:i:o:e:", stopsAtOperand: false)
        let wait = options.value("w").flatMap { Double($0) }.map { Duration.seconds(saturating: $0) }
        let netcat = Netcat(process: process, options: options, wait: wait)
        if options.has("l") { return try await netcat.listen() }
        guard options.operands.count >= 2 else {
            throw AppletFailure(
                options.operands.isEmpty
                    ? "usage: nc [-46klNnuvz] [-p source_port] [-s source] [-w timeout] [destination] [port]"
                    : "missing port number")
        }
        return try await netcat.connect()
    }

    private func say(_ text: String) async { if options.has("v") { await process.complain(text) } }

    /// `80`, `80-90`.
    private func ports(_ text: String) throws -> [UInt16] {
        let ends = text.split(separator: "-", maxSplits: 1).map { UInt16($0) }
        guard let first = ends.first.flatMap({ $0 }), let last = ends.last.flatMap({ $0 }), first > 0, first <= last
        else {
            throw AppletFailure("port number invalid: \(text)")
        }
        return Array(first...last)
    }

    private func address(_ host: String) async throws -> IPAddress {
        do {
            let found = try await HostResolver(process.world).addresses(of: host)
            let family = found.first { options.has("6") ? !$0.isIPv4 : options.has("4") ? $0.isIPv4 : true }
            if let family { return family }
        } catch {
            if Task.isCancelled { throw error }
        }
        throw AppletFailure("getaddrinfo for host \"\(host)\" port \(options.operands[1]): Name does not resolve")
    }

    private func connect() async throws -> Int32 {
        let host = options.operands[0]
        let all = try ports(options.operands[1])
        let address = try await address(host)
        let shown = host == address.description ? host : "\(host) (\(address))"
        var status: Int32 = 1
        for port in all {
            let destination = NetworkAddress(address, port)
            if options.has("u") {
                status = try await datagrams(destination, shown)
                continue
            }
            let connection: Connection
            do throws(NetworkError) {
                connection = try await process.world.network.connect(
                    to: destination, from: options.value("s").flatMap { IPAddress($0) },
                    sourcePort: options.value("p").flatMap { UInt16($0) }, within: wait ?? .seconds(127))
            } catch {
                let reason = error == .timedOut && wait != nil ? "Operation in progress" : error.description
                await say("nc: connect to \(shown) port \(port) (tcp) failed: \(reason)")
                continue
            }
            defer { connection.close() }
            await say("Connection to \(shown) \(port) port [tcp/*] succeeded!")
            if !options.has("z") { try await converse(connection, endsInput: options.has("N")) }
            status = 0
        }
        return status
    }

    /// Copies both ways until the other end closes, or nothing comes for the time of `-w`.
    private func converse(_ connection: Connection, endsInput: Bool) async throws {
        let activity = Activity()
        let (input, output, clock) = (process.input, process.output, process.world.clock)
        let (wait, isDetached) = (wait, options.has("d"))
        try await withThrowingTaskGroup(of: Bool.self) { group in
            if !isDetached {
                group.addTask {
                    while let bytes = await input.read(upTo: 16_384) {
                        activity.note(clock.now)
                        do { try await connection.output.write(bytes) } catch { return false }
                    }
                    if endsInput { connection.output.end() }
                    return false
                }
            }
            group.addTask {
                while let bytes = await connection.input.read(upTo: 16_384) {
                    activity.note(clock.now)
                    try await output.write(bytes)
                }
                return true
            }
            if let wait {
                activity.note(clock.now)
                group.addTask {
                    while !Task.isCancelled {
                        let deadline = activity.last + wait
                        if clock.now >= deadline { return true }
                        await clock.sleep(until: deadline)
                    }
                    return true
                }
            }
            defer { group.cancelAll() }
            while let isOver = try await group.next() { if isOver { return } }
        }
    }

    // MARK: - UDP

    private func datagrams(_ destination: NetworkAddress, _ shown: String) async throws -> Int32 {
        let socket: any DatagramSocket
        do throws(NetworkError) {
            socket = try process.world.network.bind(
                port: options.value("p").flatMap { UInt16($0) } ?? 0,
                address: options.value("s").flatMap { IPAddress($0) })
        } catch {
            throw AppletFailure("\(error)")
        }
        defer { socket.close() }
        await say("Connection to \(shown) \(destination.port) port [udp/*] succeeded!")
        if options.has("z") { return 0 }
        let (input, output) = (process.input, process.output)
        let wait = wait ?? .seconds(86_400)
        return try await withThrowingTaskGroup(of: Int32?.self) { group in
            group.addTask {
                while let bytes = await input.read(upTo: 16_384) {
                    do { try await socket.send(bytes, to: destination) } catch { return 1 }
                }
                return nil
            }
            // What is sent first may have been refused, or answered, before anything is received.
            if case .some(.some(let status)) = try await group.next() { return status }
            group.addTask {
                while !Task.isCancelled {
                    do {
                        let (bytes, _) = try await socket.receive(within: wait)
                        try await output.write(bytes)
                    } catch let error as NetworkError {
                        return error == .refused ? 1 : 0
                    }
                }
                return 137
            }
            defer { group.cancelAll() }
            return try await group.next().flatMap { $0 } ?? 0
        }
    }

    // MARK: - listening

    private func listen() async throws -> Int32 {
        let operand = options.operands.last
        guard let port = (options.value("p") ?? operand).flatMap({ UInt16($0) }) else {
            throw AppletFailure("missing port number")
        }
        let address =
            options.value("s").flatMap { IPAddress($0) }
            ?? (options.operands.count > 1 ? IPAddress(options.operands[0]) : nil)
        if options.has("u") { return try await listenForDatagrams(port, address) }
        let (arrivals, arrive) = AsyncStream.makeStream(
            of: (connection: Connection, done: Completion).self, bufferingPolicy: .bufferingOldest(16))
        let listening: any Listening
        do throws(NetworkError) {
            listening = try process.world.network.listen(on: port, address: address) { connection in
                let done = Completion()
                if case .enqueued = arrive.yield((connection, done)) { await done.wait() }
                connection.close()
            }
        } catch {
            throw AppletFailure("\(error)")
        }
        defer {
            arrive.finish()
            listening.close()
        }
        await say("Listening on \(address?.description ?? "0.0.0.0") \(port)")
        for await (connection, done) in arrivals {
            defer { done.finish(0) }
            await say("Connection received on \(connection.peer.address) \(connection.peer.port)")
            if let command = options.value("e") {
                try await serve(
                    connection,
                    [command] + (operand == String(port) ? options.operands.dropLast() : options.operands[...]))
            } else {
                try await converse(connection, endsInput: true)
            }
            connection.close()
            if !options.has("k") { return 0 }
        }
        return Task.isCancelled ? 137 : 0
    }

    /// Runs a command that talks to the client.
    private func serve(_ connection: Connection, _ command: [String]) async throws {
        var child = process
        child.arguments = command
        child.input = connection.input
        child.output = connection.output
        child.isTerminal = false
        _ = try await process.start(child)
    }

    private func listenForDatagrams(_ port: UInt16, _ address: IPAddress?) async throws -> Int32 {
        let output = process.output
        let listening: any Listening
        do throws(NetworkError) {
            listening = try process.world.network.answerDatagrams(on: port, address: address) { bytes, _ in
                // A reader that is gone stops nobody from sending.
                try? await output.write(bytes)
                return nil
            }
        } catch {
            throw AppletFailure("\(error)")
        }
        defer { listening.close() }
        _ = await process.sleep(for: .seconds(3_000_000_000))
        return 137
    }
}
