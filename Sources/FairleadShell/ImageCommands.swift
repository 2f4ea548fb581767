package import FairleadContainers

/// Starts what the files of a container say: programs of the image by their names, scripts by their interpreters.
package struct ImageCommands: CommandTable {
    private let programs: [String: any Program]

    package init(programs: [String: any Program]) { self.programs = programs }

    package func program(named name: String) -> (any Program)? { programs[name] }

    package func program(for process: Process) throws(LaunchError) -> any Program {
        try program(for: process, depth: 0)
    }

    /// - Parameter depth: how many interpreters are between the command and this.
    private func program(for process: Process, depth: Int) throws(LaunchError) -> any Program {
        guard let name = process.arguments.first, !name.isEmpty else {
            throw .notFound(process.arguments.first ?? "")
        }
        let path = try Self.find(name, process)
        let files = process.world.files
        let own: String?
        do throws(FileError) {
            own = try files.program(path, as: process.credentials)
        } catch {
            throw error == .notFound || error == .notDirectory ? .notFound(name) : .notExecutable(name)
        }
        if let own {
            guard let program = programs[own] else { throw .notUnderstood(notUnderstood(name)) }
            return program
        }
        // A script that cannot be read is for root only.
        guard depth < 4, let text = try? files.read(path, as: process.credentials) else {
            throw .notExecutable(name)
        }
        guard !text.prefix(4).elementsEqual([0x7F, 0x45, 0x4C, 0x46]), !text.prefix(512).contains(0) else {
            throw .notUnderstood(notUnderstood(name))
        }
        var interpreter = ["/bin/sh"]
        if text.starts(with: "#!".utf8) {
            let line = text.dropFirst(2).prefix { $0 != 10 }.prefix(255)
            let words = String(decoding: line, as: UTF8.self).split(
                maxSplits: 1, whereSeparator: { $0 == " " || $0 == "\t" || $0 == "\r" || $0 == "\r\n" })
            interpreter = words.map { word in String(word.filter { $0 != "\r" && $0 != "\r\n" }) }
            if interpreter.isEmpty { throw .notExecutable(name) }
        }
        var call = process
        call.arguments = interpreter + [path] + process.arguments.dropFirst()
        let program: any Program
        do throws(LaunchError) {
            program = try self.program(for: call, depth: depth + 1)
        } catch {
            // The interpreter is what was not found: the script has the blame.
            if case .notFound = error { throw .notFound(name) }
            throw error
        }
        return ScriptProgram(program: program, arguments: call.arguments)
    }

    /// The path of the file that a command names.
    private static func find(_ name: String, _ process: Process) throws(LaunchError) -> String {
        if name.contains("/") { return process.path(name) }
        var isDenied = false
        for directory in SearchPath.directories(process) {
            let path = process.path(directory.isEmpty ? name : "\(directory)/\(name)")
            // What cannot be looked at is not there.
            guard let status = try? process.world.files.status(path, as: process.credentials), status.kind == .file
            else {
                continue
            }
            if status.mode & 0o111 != 0 { return path }
            isDenied = true
        }
        throw isDenied ? .notExecutable(name) : .notFound(name)
    }

    /// What somebody is told who runs a file that the simulation cannot.
    private func notUnderstood(_ name: String) -> String {
        let names = programs.keys.sorted().joined(separator: " ")
        return "\(name): this container is simulated and does not understand this program; it understands: \(names)"
    }
}

/// A script, given to its interpreter.
private struct ScriptProgram: Program {
    let program: any Program
    let arguments: [String]

    func run(_ process: Process) async -> ExitStatus {
        var process = process
        process.arguments = arguments
        return await program.run(process)
    }
}
