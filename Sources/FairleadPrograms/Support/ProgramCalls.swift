import FairleadContainers
import FairleadModel
import Synchronization

/// Work with a time limit.
enum Deadline {
    /// nil if the time was over first; the work is cancelled then.
    static func run<Answer: Sendable>(
        _ clock: any DelayClock, _ limit: Duration, _ work: @escaping @Sendable () async -> Answer
    ) async -> Answer? {
        await clock.first(by: clock.now + limit, work)
    }
}

/// Takes what is written, at most `limit` bytes; what is beyond is lost.
final class ByteCollector: ByteSink {
    private let limit: Int
    private let state = Mutex<[UInt8]>([])

    init(limit: Int = 1 << 20) { self.limit = limit }

    func write(_ bytes: [UInt8]) async throws(BrokenPipe) {
        if Task.isCancelled { throw BrokenPipe() }
        state.withLock { $0 += bytes.prefix(max(0, limit - $0.count)) }
    }

    func end() {}

    var bytes: [UInt8] { state.withLock { $0 } }
    var text: String { String(decoding: bytes, as: UTF8.self) }
}

/// An HTTP request that a simulated program makes.
enum WebCall {
    /// Why there is no answer, as Go's client says it: `Get "http://a/": dial tcp 10.0.0.1:80: connect: …`.
    struct Failure: Error, Hashable { var message: String }

    /// - Parameters:
    ///   - host: a name or an address.
    ///   - target: with its leading slash.
    static func send(
        _ process: Process, _ method: String = "GET", host: String, port: UInt16, target: String,
        headers: [(name: String, value: String)] = [], body: [UInt8] = [], within limit: Duration
    ) async -> Result<WebResponse, Failure> {
        let authority = host.contains(":") && !host.hasPrefix("[") ? "[\(host)]:\(port)" : "\(host):\(port)"
        let verb = method.prefix(1) + method.dropFirst().lowercased()
        let prefix = "\(verb) \("http://\(authority)\(target)".goQuoted): "
        let answer = await Deadline.run(process.world.clock, limit) { () -> Result<WebResponse, Failure> in
            do throws(NetworkError) {
                let addresses = try await HostResolver(process.world).addresses(of: host, within: limit)
                guard let address = addresses.first else { throw .nameNotFound(host) }
                let peer = NetworkAddress(address, port)
                let connection: Connection
                do throws(NetworkError) {
                    connection = try await process.world.network.connect(to: peer, within: limit)
                } catch {
                    return .failure(Failure(message: prefix + dialFailure(error, peer)))
                }
                defer { connection.close() }
                let agent: [(name: String, value: String)] = [
                    ("Host", authority), ("User-Agent", "Go-http-client/1.1"), ("Connection", "close"),
                ]
                let request = WebRequest(method, target, headers: agent + headers, body: body)
                do throws(WebError) {
                    return .success(try await WebClient.send(request, over: connection, limit: 4 << 20))
                } catch {
                    let why =
                        error == .malformed
                        ? "net/http: HTTP/1.x transport connection broken: malformed HTTP response" : "EOF"
                    return .failure(Failure(message: prefix + why))
                }
            } catch {
                return .failure(Failure(message: prefix + "dial tcp: lookup \(host): \(error.goDescription)"))
            }
        }
        return answer
            ?? .failure(
                Failure(message: prefix + "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"))
    }

    static func dialFailure(_ error: NetworkError, _ peer: NetworkAddress, transport: String = "tcp") -> String {
        error == .timedOut
            ? "dial \(transport) \(peer): i/o timeout" : "dial \(transport) \(peer): connect: \(error.goDescription)"
    }
}

extension Process {
    /// Runs a command as a child, without input, and collects what it writes on both streams.
    ///
    /// - Returns: the text; the exit code, or why it could not be started.
    func runChild(_ arguments: [String]) async -> (output: String, status: Result<ExitStatus, LaunchError>) {
        var child = self
        let collector = ByteCollector()
        child.arguments = arguments
        child.input = NullStream()
        child.output = collector
        child.errors = collector
        child.signals = SignalInbox()
        do throws(LaunchError) {
            let program = try world.commands.program(for: child)
            let status = await child.run(program)
            return (collector.text, .success(status))
        } catch {
            return (collector.text, .failure(error))
        }
    }
}
