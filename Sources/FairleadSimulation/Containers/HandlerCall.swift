import FairleadContainers
import FairleadModel
import FairleadPrograms
import Synchronization

/// What a probe has found out.
enum ProbeAnswer: Hashable, Sendable {
    /// With a warning, if there is something to be told.
    case success(warning: String? = nil)
    case failure(String)
}

/// Carries out what probes and hooks ask for: a command in the container, or a request from its node.
struct HandlerCall: Sendable {
    let runtime: ContainerRuntime
    let pod: Value
    let spec: Value
    let sandbox: PodSandbox
    /// nil for an idle container without files, in which no command can run.
    let run: ContainerRun?

    /// - Returns: why the hook has failed; nil if it has not.
    func hook(_ hook: Value) async -> String? {
        if let seconds = hook.at("sleep", "seconds")?.int {
            await runtime.sleep(.seconds(saturating: Double(max(0, seconds))))
            return nil
        }
        if let command = hook["exec"] {
            switch await execute(command.texts("command")) {
            case .success((let status, let output)):
                if status.code == 0 { return nil }
                return
                    "command '\(command.texts("command").joined(separator: " "))' exited with \(status.code): \(output)"
            case .failure(let error): return "\(error)"
            }
        }
        if let request = hook["httpGet"] {
            // A server that does not speak TLS is asked without it: the simulation has none anyway.
            if case .failure(let why) = await get(
                request, agent: "kube-lifecycle/1.36", within: .seconds(60), follows: false)
            {
                return why
            }
        }
        return nil
    }

    func probe(_ probe: Value, within limit: Duration) async -> ProbeAnswer {
        if let command = probe["exec"] { return await execProbe(command.texts("command"), within: limit) }
        if let request = probe["httpGet"] {
            return await get(request, agent: "kube-probe/1.36", within: limit, follows: true)
        }
        if let socket = probe["tcpSocket"] { return await connectProbe(socket, within: limit) }
        if let call = probe["grpc"] { return await grpcProbe(call, within: limit) }
        return .success()
    }

    // MARK: - commands

    private enum CommandError: Error, CustomStringConvertible {
        case notRunning
        case launch(LaunchError)

        var description: String {
            switch self {
            case .notRunning: "container is not running"
            case .launch(let error): error.runtimeMessage
            }
        }
    }

    private func execute(_ command: [String]) async -> Result<(ExitStatus, String), CommandError> {
        guard let run, !run.hasEnded else { return .failure(.notRunning) }
        var process = run.template
        let output = OutputCollector()
        process.arguments = command
        process.signals = SignalInbox()
        process.output = output
        process.errors = output
        do throws(LaunchError) {
            let program = try run.world.commands.program(for: process)
            return .success((await process.run(program), output.text))
        } catch {
            return .failure(.launch(error))
        }
    }

    private func execProbe(_ command: [String], within limit: Duration) async -> ProbeAnswer {
        let answer = await limited(limit) { await self.execute(command) }
        guard let answer else {
            let line = command.joined(separator: " ").goQuoted
            return .failure("command timed out: \(line) timed out after \(limit.components.seconds)s")
        }
        switch answer {
        case .success((let status, let output)): return status.code == 0 ? .success() : .failure(output)
        case .failure(.launch(let error)):
            // What an image that is not simulated has in it is not known: its checks are believed.
            if sandbox.entry(spec.text("name"))?.idle != nil { return .success() }
            return .failure("\(CommandError.launch(error))")
        case .failure(let error): return .failure("\(error)")
        }
    }

    /// nil if the time was over first.
    func limited<Answer: Sendable>(
        _ limit: Duration, _ work: @escaping @Sendable () async -> Answer
    ) async -> Answer? {
        await withTaskGroup(of: Answer?.self) { group in
            group.addTask { await work() }
            group.addTask {
                await runtime.sleep(limit)
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
    }

    // MARK: - requests

    /// The number of a port that is given by number or by name.
    func port(_ value: Value?) -> UInt16? {
        if let number = value?.int { return UInt16(exactly: number) }
        guard let name = value?.string else { return nil }
        if let number = UInt16(name) { return number }
        return spec.items("ports").first { $0.text("name") == name }?["containerPort"]?.int.flatMap {
            UInt16(exactly: $0)
        }
    }

    var podIP: IPAddress? {
        sandbox.identity.addresses.first ?? PodView(pod).podIPs.lazy.compactMap { IPAddress($0) }.first
    }

    private func destination(_ host: String, _ port: UInt16) -> NetworkAddress? {
        let address = host.isEmpty ? podIP : IPAddress(host)
        return address.map { NetworkAddress($0, port) }
    }

    func connect(
        _ destination: NetworkAddress, within limit: Duration
    ) async throws(NetworkError) -> Connection {
        try await runtime.networks.connect(fromNode: sandbox.identity.node, to: destination, within: limit)
    }

    private static func dialFailure(_ error: NetworkError, _ destination: NetworkAddress) -> String {
        error == .timedOut
            ? "dial tcp \(destination): i/o timeout" : "dial tcp \(destination): connect: \(error.goDescription)"
    }

    private func connectProbe(_ socket: Value, within limit: Duration) async -> ProbeAnswer {
        guard let port = port(socket["port"]) else { return .failure("invalid port") }
        guard let destination = destination(socket.text("host"), port) else { return .failure("no such host") }
        do throws(NetworkError) {
            try await connect(destination, within: limit).close()
            return .success()
        } catch {
            return .failure(Self.dialFailure(error, destination))
        }
    }

    private func get(
        _ request: Value, agent: String, within limit: Duration, follows: Bool
    ) async -> ProbeAnswer {
        guard let port = port(request["port"]) else { return .failure("invalid port") }
        let host = request.text("host")
        guard let destination = destination(host, port) else {
            return .failure("dial tcp: lookup \(host): no such host")
        }
        let scheme = request.text("scheme").isEmpty ? "http" : request.text("scheme").lowercased()
        let path = request.text("path")
        var target = path.isEmpty ? "/" : path.hasPrefix("/") ? path : "/\(path)"
        var message = WebRequest("GET", target)
        let given = request.items("httpHeaders").map { (name: $0.text("name"), value: $0.text("value")) }
        func has(_ name: String) -> Bool { given.contains { $0.name.lowercased() == name } }
        if !has("host") { message.headers.append(("Host", destination.description)) }
        if !has("user-agent") { message.headers.append(("User-Agent", agent)) }
        if !has("accept") { message.headers.append(("Accept", "*/*")) }
        message.headers += given + [(name: "Connection", value: "close")]
        let end = runtime.clock.now + limit
        for _ in 0...10 {
            message.target = target
            let url = "\(scheme)://\(destination)\(target)"
            switch await exchange(message, destination, within: end - runtime.clock.now) {
            case .failure(let why): return .failure("Get \(url.goQuoted): \(why.text)")
            case .success(let response):
                guard (300..<400).contains(response.status), follows, let location = response.header("location") else {
                    if (200..<400).contains(response.status) { return .success() }
                    return .failure("HTTP probe failed with statuscode: \(response.status)")
                }
                guard let next = Self.target(of: location, at: destination, from: target) else {
                    return .success(
                        warning: "Probe terminated redirects, Response body: \(String(response.text.prefix(1024)))")
                }
                target = next
            }
        }
        return .failure("Get \(target.goQuoted): stopped after 10 redirects")
    }

    /// Where a redirect on the same host leads to; nil for another host.
    private static func target(of location: String, at host: NetworkAddress, from path: String) -> String? {
        guard let scheme = location.firstRange(of: "://") else {
            if location.hasPrefix("/") { return location }
            let folder = path.prefix { $0 != "?" }.split(separator: "/", omittingEmptySubsequences: false).dropLast()
            return (folder + [location[...]]).joined(separator: "/")
        }
        let rest = location[scheme.upperBound...]
        let authority = rest.prefix { $0 != "/" }
        let name =
            authority.hasPrefix("[") ? authority.dropFirst().prefix { $0 != "]" } : authority.prefix { $0 != ":" }
        guard name == host.address.description else { return nil }
        let target = rest.dropFirst(authority.count)
        return target.isEmpty ? "/" : String(target)
    }

    private struct ExchangeFailure: Error { var text: String }

    private func exchange(
        _ request: WebRequest, _ destination: NetworkAddress, within limit: Duration
    ) async -> Result<WebResponse, ExchangeFailure> {
        let answer = await limited(limit) { () -> Result<WebResponse, ExchangeFailure> in
            let connection: Connection
            do throws(NetworkError) {
                connection = try await connect(destination, within: limit)
            } catch {
                return .failure(ExchangeFailure(text: Self.dialFailure(error, destination)))
            }
            defer { connection.close() }
            do throws(WebError) {
                return .success(try await WebClient.send(request, over: connection))
            } catch {
                return .failure(
                    ExchangeFailure(
                        text: error == .malformed
                            ? "net/http: HTTP/1.x transport connection broken: malformed HTTP response" : "EOF"))
            }
        }
        return answer
            ?? .failure(
                ExchangeFailure(text: "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"))
    }
}

/// What a command of a probe or hook writes, 10 KiB at most.
final class OutputCollector: ByteSink {
    private let bytes = Mutex<[UInt8]>([])

    func write(_ more: [UInt8]) async throws(BrokenPipe) {
        if Task.isCancelled { throw BrokenPipe() }
        bytes.withLock { $0 += more.prefix(max(0, 10_240 - $0.count)) }
    }

    func end() {}

    var text: String { String(decoding: bytes.withLock { $0 }, as: UTF8.self) }
}
