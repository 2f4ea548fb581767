import FairleadContainers
import FairleadModel

/// nginx: serves files of its container as its configuration says.
struct NginxServer: Program {
    /// What the images differ in.
    struct Flavour: Sendable {
        var version = "1.29.1"
        /// nginx's own page, or none: a directory without index is refused.
        var isQuiet = false
    }

    static let configurationPath = "/etc/nginx/nginx.conf"
    let flavour: Flavour

    init(_ flavour: Flavour = Flavour()) { self.flavour = flavour }

    func run(_ process: Process) async -> ExitStatus {
        let options = process.arguments.dropFirst()
        if options.contains("-v") || options.contains("-V") {
            await process.complain("nginx version: nginx/\(flavour.version)")
            return .success
        }
        if let index = options.firstIndex(of: "-s") {
            return await tell(index + 1 < process.arguments.count ? process.arguments[index + 1] : "", process)
        }
        let configuration: NginxConfiguration
        do throws(NginxConfiguration.Fault) {
            configuration = try Self.configuration(process)
        } catch {
            await process.complain("\(clock(process)) [emerg] 1#1: \(error.message)")
            await process.complain("nginx: [emerg] \(error.message)")
            if options.contains("-t") {
                await process.complain("nginx: configuration file \(Self.configurationPath) test failed")
            }
            return .failure
        }
        if options.contains("-t") {
            await process.complain("nginx: the configuration file \(Self.configurationPath) syntax is ok")
            await process.complain("nginx: configuration file \(Self.configurationPath) test is successful")
            return .success
        }
        return await serve(process, configuration)
    }

    private func serve(_ process: Process, _ configuration: NginxConfiguration) async -> ExitStatus {
        let running = NginxSites(process, flavour)
        defer { running.close() }
        do throws(NginxConfiguration.Fault) {
            try running.take(configuration)
        } catch {
            await note(process, "emerg", error.message)
            await process.complain("nginx: [emerg] \(error.message)")
            return .failure
        }
        for text in [
            "using the \"epoll\" event method", "nginx/\(flavour.version)", "OS: Linux 6.1.0-32-amd64",
            "getrlimit(RLIMIT_NOFILE): 1048576:1048576", "start worker processes", "start worker process 29",
        ] { await note(process, "notice", text) }
        while let signal = await process.signals.next() {
            switch signal {
            case .terminate, .interrupt:
                await note(process, "notice", "signal \(signal.rawValue) (SIG\(signal.name)) received, exiting")
                return .success
            case .quit:
                await note(process, "notice", "signal 3 (SIGQUIT) received, shutting down")
                return .success
            case .hangUp:
                await note(process, "notice", "signal 1 (SIGHUP) received, reconfiguring")
                do throws(NginxConfiguration.Fault) {
                    try running.take(try Self.configuration(process))
                    await note(process, "notice", "start worker processes")
                } catch {
                    // What runs goes on as it was.
                    await note(process, "emerg", error.message)
                }
            default: continue
            }
        }
        return .killed
    }

    /// A line of the error log.
    private func note(_ process: Process, _ level: String, _ text: String) async {
        if flavour.isQuiet, level == "notice" { return }
        await process.complain("\(clock(process)) [\(level)] 1#1: \(text)")
    }

    /// `nginx -s quit`: tells the server that runs already.
    private func tell(_ word: String, _ process: Process) async -> ExitStatus {
        let signals: [String: ProcessSignal] = ["stop": .terminate, "quit": .quit, "reload": .hangUp, "reopen": .user1]
        guard let signal = signals[word] else {
            await process.complain("nginx: invalid option: \"-s \(word)\"")
            return .failure
        }
        let server = process.world.processes.entries.first { entry in
            entry.id != process.id && entry.arguments.first?.split(separator: "/").last == "nginx"
        }
        do throws(SignalError) {
            guard let server else { throw .noSuchProcess }
            try process.world.processes.send(signal, to: server.id, by: process.credentials)
            await note(process, "notice", "signal process started")
            return .success
        } catch {
            let why =
                error == .noSuchProcess
                ? "open() \"/run/nginx.pid\" failed (2: No such file or directory)"
                : "kill(\(server?.id ?? 1), \(signal.rawValue)) failed (1: \(error))"
            await process.complain("nginx: [error] \(why)")
            return .failure
        }
    }

    /// `2026/11/29 03:00:00`.
    private func clock(_ process: Process) -> String { GoText.logDate(process.world.now()) }

    /// nginx.conf with the files that it includes.
    static func configuration(_ process: Process) throws(NginxConfiguration.Fault) -> NginxConfiguration {
        let files = process.world.files
        func text(_ path: String) -> String? {
            // What cannot be read is not included, as a pattern that fits nothing.
            guard let bytes = try? files.read(path, as: process.credentials), bytes.count <= 1 << 18 else { return nil }
            return String(decoding: bytes, as: UTF8.self)
        }
        guard let main = text(configurationPath) else {
            throw NginxConfiguration.Fault(
                message: "open() \"\(configurationPath)\" failed (2: No such file or directory)")
        }
        return try NginxConfiguration(main, file: configurationPath) { pattern in
            let path = pattern.hasPrefix("/") ? pattern : "/etc/nginx/" + pattern
            guard let slash = path.lastIndex(of: "/") else { return [] }
            let (folder, name) = (String(path[..<slash]), path[path.index(after: slash)...])
            guard let star = name.firstIndex(of: "*") else { return text(path).map { [(path, $0)] } ?? [] }
            let (start, end) = (name[..<star], name[name.index(after: star)...])
            // A folder that is not there has no files.
            let names = (try? files.list(folder, as: process.credentials)) ?? []
            return names.filter { $0.hasPrefix(start) && $0.hasSuffix(end) && !$0.hasPrefix(".") }.prefix(100)
                .compactMap { name in text("\(folder)/\(name)").map { ("\(folder)/\(name)", $0) } }
        }
    }
}
