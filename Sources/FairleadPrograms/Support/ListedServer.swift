import FairleadContainers
import FairleadModel

/// A web server that is no more than its answers: what most images of demonstrations are.
struct ListedServer: Program {
    /// What a server knows of itself when it answers.
    struct Context: Sendable {
        var process: Process
        var port: UInt16
        /// How many requests came before.
        var count: Int
        /// Since the start.
        var running: Duration
        let exit: ExitRequest
        /// A number that the server may keep between requests.
        let memory: Register

        var now: Timestamp { process.world.now() }
        var hostname: String { process.world.hostname }
    }

    /// The ports; with the process's arguments and environment.
    var ports: @Sendable (Process) -> [UInt16]
    /// What is written at the start.
    var banner: @Sendable (Process, UInt16) -> [String] = { _, _ in [] }
    /// What is written for each request; nil for nothing.
    var accessLine: @Sendable (WebRequest, WebResponse, Context) -> String? = { _, _, _ in nil }
    var logsToErrors = false
    /// How the process ends after TERM.
    var terminated = ExitStatus(143)
    var respond: @Sendable (WebRequest, Context) async -> WebResponse

    func run(_ process: Process) async -> ExitStatus {
        let ports = ports(process)
        let exit = ExitRequest()
        let counter = Counter()
        let memory = Register(200)
        let clock = process.world.clock
        let started = clock.now
        var open = OpenPorts()
        defer { open.close() }
        for port in ports {
            do throws(NetworkError) {
                try open.serveWeb(process, port: port) { request in
                    let context = Context(
                        process: process, port: port, count: counter.next(), running: clock.now - started, exit: exit,
                        memory: memory)
                    let response = await respond(request, context)
                    if let line = accessLine(request, response, context) { await log(process, line) }
                    return response
                }
            } catch {
                await process.complain("listen tcp :\(port): bind: \(error.goDescription)")
                return .failure
            }
        }
        for line in banner(process, ports.first ?? 0) { await log(process, line) }
        switch await exit.wait(process) {
        case .exit(let status): return status
        case .signal(let signal): return signal == .interrupt && terminated.code == 143 ? ExitStatus(130) : terminated
        case .cancelled: return .killed
        }
    }

    private func log(_ process: Process, _ line: String) async {
        if logsToErrors { await process.complain(line) } else { await process.print(line) }
    }
}
