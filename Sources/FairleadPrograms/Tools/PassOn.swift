import FairleadContainers

/// The entry point of an image that runs what it is given.
struct PassOn: Program {
    /// What it runs when it is given options only.
    var fallback: [String] = []
    /// Whether that also runs when it is given something that is no program.
    var takesAnything = false
    /// What is written before a program of this name starts.
    var notes: (name: String, lines: [String])?

    private func isProgram(_ process: Process) -> Bool {
        do throws(LaunchError) {
            _ = try process.world.commands.program(for: process)
            return true
        } catch {
            return false
        }
    }

    func run(_ process: Process) async -> ExitStatus {
        var child = process
        // However often it is named, it runs once.
        child.arguments = Array(process.arguments1.drop { $0 == process.arguments[0] })
        if child.arguments.first?.hasPrefix("-") ?? true { child.arguments = fallback + child.arguments }
        if takesAnything, !child.arguments.isEmpty, !isProgram(child) { child.arguments = fallback + child.arguments }
        guard let name = child.arguments.first else { return .success }
        do throws(LaunchError) {
            let program = try process.world.commands.program(for: child)
            if let notes, notes.name == name { for line in notes.lines { await process.print(line) } }
            // It takes the place of the entry point, with its number.
            child.world.processes.rename(child.id, child.arguments)
            return await program.run(child)
        } catch {
            switch error {
            case .notFound: await process.complain("\(process.arguments[0]): exec: line 47: \(name): not found")
            case .notExecutable:
                await process.complain("\(process.arguments[0]): exec: line 47: \(name): Permission denied")
            case .notUnderstood(let text): await process.complain(text)
            }
            if case .notFound = error { return ExitStatus(127) }
            return ExitStatus(126)
        }
    }
}
