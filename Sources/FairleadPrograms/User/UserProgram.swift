import FairleadContainers
import FairleadModel
import Synchronization

/// What a user says that containers of an image do.
struct UserProgram: Hashable, Sendable {
    struct Line: Hashable, Sendable {
        var text: String
        var after = Duration.zero
        /// nil for once.
        var every: Duration?
        /// nil for as long as it runs.
        var times: Int?
        var isError = false
    }

    struct Route: Hashable, Sendable {
        var port: UInt16
        /// With `*` for any text.
        var path = "*"
        /// nil for any.
        var method: String?
        var status = 200
        var body = ""
        var headers: [String: String] = [:]
        var delay = Duration.zero
    }

    struct Crash: Hashable, Sendable {
        var after: Duration
        var exitCode: Int32
        /// The runs of each container that end so; nil for all.
        var times: Int?
    }

    var image = "*"
    var container: String?
    var exitAfter: Duration?
    var exitCode: Int32 = 0
    var reason: String?
    var terminationMessage: String?
    var log: [Line] = []
    var http: [Route] = []
    var readyAfter: Duration?
    var crash: Crash?
    var ignoresTerminate = false
    var terminateCode: Int32 = 143
}

/// Counts the runs of containers.
final class RunCounter: Sendable {
    private static let maximum = 100_000
    private let runs = Mutex<[String: Int]>([:])

    /// How many runs there were before.
    func begin(_ world: ContainerWorld) -> Int {
        runs.withLock { runs in
            let key = "\(world.podUID)/\(world.container)"
            if runs.count >= Self.maximum, runs[key] == nil { runs.removeAll() }
            let count = runs[key] ?? 0
            runs[key] = count +| 1
            return count
        }
    }
}

/// Runs what a user has said.
struct UserProgramRunner: Program {
    let program: UserProgram
    let runs: RunCounter

    private enum Event: Sendable { case end(ExitStatus), cancelled }

    func run(_ process: Process) async -> ExitStatus {
        let program = program
        let clock = process.world.clock
        let run = runs.begin(process.world)
        let started = clock.now
        var ports = OpenPorts()
        defer { ports.close() }
        for port in Set(program.http.map(\.port)).sorted() {
            let routes = program.http.filter { $0.port == port }
            do throws(NetworkError) {
                try ports.serveWeb(process, port: port) { request in
                    if let ready = program.readyAfter, clock.now - started < ready {
                        return WebResponse(503, text: "not ready\n")
                    }
                    return await Self.answer(request, routes, process)
                }
            } catch {
                return await process.bindFailure(port, error)
            }
        }
        let end = await withTaskGroup(of: Event.self) { group in
            for line in program.log {
                group.addTask {
                    await Self.write(line, process)
                    // What has been written ends nothing.
                    _ = await SignalInbox().next()
                    return .cancelled
                }
            }
            for (delay, status) in Self.ends(program, run: run) {
                group.addTask {
                    await process.sleep(for: delay) ? .end(status) : .cancelled
                }
            }
            group.addTask {
                while let signal = await process.signals.next() {
                    guard signal == .terminate || signal == .interrupt, !program.ignoresTerminate else { continue }
                    return .end(ExitStatus(program.terminateCode))
                }
                return .cancelled
            }
            let first = await group.next() ?? .cancelled
            group.cancelAll()
            return first
        }
        guard case .end(let status) = end else { return .killed }
        if let message = program.terminationMessage {
            let path = process.variable("TERMINATION_MESSAGE_PATH") ?? "/dev/termination-log"
            // A pod without the file gets no message.
            try? process.write(Array(message.utf8), to: path)
        }
        return status
    }

    private static func ends(_ program: UserProgram, run: Int) -> [(Duration, ExitStatus)] {
        var ends: [(Duration, ExitStatus)] = []
        if let after = program.exitAfter { ends.append((after, ExitStatus(program.exitCode, reason: program.reason))) }
        if let crash = program.crash, crash.times.map({ run < $0 }) ?? true {
            ends.append((crash.after, ExitStatus(crash.exitCode)))
        }
        return ends
    }

    private static func write(_ line: UserProgram.Line, _ process: Process) async {
        guard await process.sleep(for: line.after) else { return }
        var count = 0
        while true {
            if line.isError { await process.complain(line.text) } else { await process.print(line.text) }
            count += 1
            guard let every = line.every, line.times.map({ count < $0 }) ?? true, await process.sleep(for: every) else {
                return
            }
        }
    }

    private static func answer(
        _ request: WebRequest, _ routes: [UserProgram.Route], _ process: Process
    ) async -> WebResponse {
        let route = routes.first { route in
            Wildcard.matches(route.path, request.path) && route.method.map { $0 == request.method } ?? true
        }
        guard let route else { return WebResponse(404, text: "404 page not found\n") }
        if route.delay > .zero, await !process.sleep(for: route.delay) { return WebResponse(503) }
        var response = WebResponse(route.status, body: Array(route.body.utf8))
        response.headers = route.headers.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        if response.header("content-type") == nil {
            response.headers.append(("Content-Type", "text/plain; charset=utf-8"))
        }
        return response
    }
}
