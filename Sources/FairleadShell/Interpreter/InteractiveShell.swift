import FairleadContainers
import FairleadModel

/// A shell that somebody types to: it prompts, and goes on after errors.
struct InteractiveShell {
    private var shell: Shell

    init(_ shell: Shell) {
        self.shell = shell
        self.shell.isInteractive = true
    }

    /// Runs until the input ends or the shell exits; returns its status.
    func run() async -> Int32 {
        let process = shell.process
        guard process.isTerminal, !(process.input is TerminalSession) else { return await converse(shell) }
        let session = TerminalSession(output: process.output)
        var inner = shell
        for number in 0...2 {
            inner.descriptors[number] = Shell.Descriptor(source: session, sink: session.output, isTerminal: true)
        }
        let started = inner
        let foreground = shell.foreground
        return await withTaskGroup(of: Int32?.self) { group in
            group.addTask {
                await session.pump(process.input) { foreground.interrupt(process.world.processes) }
                return nil
            }
            group.addTask { await converse(started) }
            var status: Int32?
            while status == nil, let next = await group.next() { status = next }
            group.cancelAll()
            return status ?? 0
        }
    }

    private func converse(_ start: Shell) async -> Int32 {
        var shell = start
        var pending = ""
        while true {
            let prompt = pending.isEmpty ? prompt(shell) : "> "
            // A client that does not read may still type.
            try? await shell.errors.write(prompt)
            guard let line = await Shell.line(from: shell.input) else { break }
            pending += line
            // An interrupt that has ended the last command is over.
            _ = shell.foreground.takeInterrupt()
            shell.foreground.setBusy(true)
            defer { shell.foreground.setBusy(false) }
            do throws(Flow) {
                _ = try await shell.runPending(&pending)
            } catch {
                switch error {
                case .abort(let status):
                    shell.status = status
                    pending = ""
                case .exit, .stop:
                    shell.status = shell.ended(error)
                    return await shell.runExitTrap()
                default: shell.status = shell.ended(error)
                }
            }
        }
        return await shell.runExitTrap()
    }

    /// `/ # ` for root, `/ $ ` for others.
    private func prompt(_ shell: Shell) -> String {
        let sign = shell.process.credentials.user == 0 ? "#" : "$"
        if let own = shell.variables["PS1"]?.value {
            return own.replacing("\\w", with: directory(shell)).replacing("\\h", with: shell.world.hostname)
                .replacing("\\u", with: "root").replacing("\\$", with: sign)
        }
        return shell.isBash ? "bash-5.2\(sign) " : "\(directory(shell)) \(sign) "
    }

    private func directory(_ shell: Shell) -> String {
        let path = shell.process.workingDirectory
        guard let home = shell.value("HOME"), home != "/", path == home || path.hasPrefix(home + "/") else {
            return path
        }
        return "~" + path.dropFirst(home.count)
    }
}
