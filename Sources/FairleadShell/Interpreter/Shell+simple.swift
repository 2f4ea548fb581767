import FairleadApplets
import FairleadContainers
import FairleadModel

extension Shell {
    /// Names that run in the shell itself before functions and files are looked for.
    private static let reserved: Set<String> = [
        "exit", "return", "break", "continue", "eval", "exec", "set", "unset", "shift", "export", "readonly", "trap",
        ":",
        ".",
    ]

    mutating func run(_ command: SimpleCommand) async throws(Flow) {
        let before = status
        var words = try await fields(command.words)
        guard let first = words.first else {
            return try await runAssignments(command)
        }
        var values: [(assignment: Assignment, value: String)] = []
        for assignment in command.assignments { values.append((assignment, try await text(assignment.value))) }
        if options.traces { await trace(values.map { "\($0.assignment.name)=\($0.value)" } + words) }
        status = before
        let saved = descriptors
        var keepsStreams = false
        defer { if !keepsStreams { descriptors = saved } }
        guard try await redirect(command.redirections) else {
            status = 1
            return
        }
        if first == "command", words.count > 1, !words[1].hasPrefix("-") {
            words.removeFirst()
            try await withVariables(values) { shell throws(Flow) in
                if try await !shell.runBuiltin(words) { try await shell.runFile(words) }
            }
            return
        }
        if first == "exec" {
            for (assignment, value) in values { try await set(assignment.name, value) }
            keepsStreams = words.count == 1
            if words.count > 1 { try await replace(Array(words.dropFirst())) }
            status = 0
            return
        }
        if !Self.reserved.contains(first), let body = functions[first]?.body {
            let arguments = Array(words.dropFirst())
            try await withVariables(values) { shell throws(Flow) in try await shell.call(body, arguments) }
            return
        }
        if Self.reserved.contains(first) {
            for (assignment, value) in values { try await set(assignment.name, value) }
            _ = try await runBuiltin(words)
            return
        }
        let run = words
        try await withVariables(values) { shell throws(Flow) in
            if try await !shell.runBuiltin(run) { try await shell.runFile(run) }
        }
    }

    /// A command without words: the status is that of the last substitution.
    private mutating func runAssignments(_ command: SimpleCommand) async throws(Flow) {
        let hasSubstitution = command.assignments.contains { $0.value.parts.contains(where: \.isCommand) }
        for assignment in command.assignments { try await assign(assignment) }
        if !hasSubstitution { status = 0 }
        if options.traces, !command.assignments.isEmpty {
            await trace(command.assignments.map { "\($0.name)=\(value($0.name) ?? "")" })
        }
        let saved = descriptors
        defer { descriptors = saved }
        if !(try await redirect(command.redirections)) { status = 1 }
    }

    private mutating func assign(_ assignment: Assignment) async throws(Flow) {
        if let elements = assignment.elements {
            let values = try await fields(elements)
            return try await setElements(assignment.name, values, appends: assignment.appends)
        }
        var text = try await text(assignment.value)
        var index: Int?
        if let word = assignment.index {
            let number = try await arithmetic(word)
            guard let position = Int(exactly: number), position >= 0 else { throw await abort("bad array subscript") }
            index = position
        }
        if assignment.appends {
            let before = index.flatMap { variables[assignment.name]?.elements?[$0] } ?? value(assignment.name) ?? ""
            text = before + text
        }
        try await set(assignment.name, text, index: index)
    }

    /// Runs something with variables that are exported meanwhile, and as before afterwards.
    private mutating func withVariables(
        _ values: [(assignment: Assignment, value: String)], _ body: (inout Shell) async throws(Flow) -> Void
    ) async throws(Flow) {
        guard !values.isEmpty else { return try await body(&self) }
        var saved: [(name: String, variable: Variable?)] = []
        for (assignment, value) in values {
            saved.append((assignment.name, variables[assignment.name]))
            try await set(assignment.name, value)
            variables[assignment.name]?.isExported = true
        }
        defer {
            for (name, variable) in saved.reversed() {
                size += (variable?.size ?? 0) - (variables[name]?.size ?? 0)
                variables[name] = variable
            }
        }
        try await body(&self)
    }

    private func trace(_ words: [String]) async {
        let text = words.map { word in
            let needsQuotes = word.isEmpty || word.utf8.contains { !$0.isNamePart && !"-./:=,%@+[]".utf8.contains($0) }
            return needsQuotes
                ? "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
                : word
        }
        let prefix = variables["PS4"]?.value ?? "+ "
        // As a C program that does not look at the result of its writes.
        try? await errors.write(prefix + text.joined(separator: " ") + "\n")
    }

    /// Calls a function.
    private mutating func call(_ body: Command, _ values: [String]) async throws(Flow) {
        guard calls < Self.maximumCalls else { throw await abort("maximum function nesting level exceeded") }
        let before = (arguments, loops, givesWay, held: try await hold(values[...]))
        (arguments, loops, givesWay) = (values, 0, false)
        calls += 1
        hidden.append([:])
        defer {
            (arguments, loops, givesWay, held) = before
            calls -= 1
            for (name, variable) in hidden.popLast() ?? [:] {
                size += (variable?.size ?? 0) - (variables[name]?.size ?? 0)
                variables[name] = variable
            }
        }
        do throws(Flow) {
            try await run(body)
        } catch {
            guard case .function(let status) = error else { throw error }
            self.status = status
        }
    }

    // MARK: - files

    /// Runs a program of the image, and waits for it.
    mutating func runFile(_ words: [String]) async throws(Flow) {
        if givesWay, traps.allSatisfy({ $0.value.isEmpty }), calls == 0, !isInteractive {
            return try await replace(words)
        }
        try await step(50)
        let child = childProcess(words)
        guard let program = try await find(child) else { return }
        guard let place = world.processes.add(child) else {
            await complain("can't fork: Resource temporarily unavailable")
            status = 2
            return
        }
        let start = world.clock.now
        foreground.add(place.id)
        let result = await child.run(program, as: place)
        foreground.remove(place.id)
        if world.clock.now - start >= .milliseconds(1) { pace.rest() }
        if Task.isCancelled { throw .stop }
        status = result.code
    }

    /// Runs a program in the place of this shell.
    private mutating func replace(_ words: [String]) async throws(Flow) {
        var child = childProcess(words)
        child.signals = process.signals
        child.replacements += 1
        // The frames of those that have been replaced remain until the last one ends.
        guard child.replacements <= Self.maximumReplacements,
            child.replacements * Self.size(of: words[...]) <= Self.maximumHeld
        else {
            await complain("\(words[0]): too many replacements of one process")
            throw .exit(126)
        }
        guard let program = try await find(child) else { throw .exit(status) }
        process.signals.handle([])
        world.processes.rename(process.id, words)
        traps = [:]
        let result = await program.run(child)
        if Task.isCancelled { throw .stop }
        throw .exit(result.code)
    }

    /// The program of a command; nil, with the status set, if there is none.
    private mutating func find(_ child: Process) async throws(Flow) -> (any Program)? {
        guard calls < Self.maximumCalls else { throw await abort("nested too deeply") }
        do throws(LaunchError) {
            return try world.commands.program(for: child)
        } catch {
            switch error {
            case .notFound(let name):
                await complain("\(name): not found")
                status = 127
            case .notExecutable(let name):
                await complain("\(name): Permission denied")
                status = 126
            case .notUnderstood(let text):
                await complain(text)
                status = 126
            }
            return nil
        }
    }

    // MARK: - redirections

    /// Opens and closes what the redirections say; false, with a message, if one of them cannot.
    mutating func redirect(_ redirections: [Redirection]) async throws(Flow) -> Bool {
        for redirection in redirections {
            let target = try await text(redirection.target)
            switch redirection.kind {
            case .text: descriptors[redirection.descriptor] = Descriptor(source: BytesSource(Array(target.utf8)))
            case .duplicate:
                if target == "-" {
                    descriptors[redirection.descriptor] = nil
                } else if let number = Int(target), let source = descriptors[number] {
                    descriptors[redirection.descriptor] = source
                } else {
                    await complain(
                        Int(target) == nil ? "bad fd number" : "\(target): Bad file descriptor")
                    return false
                }
            case .read, .readWrite:
                guard let descriptor = await open(target, for: redirection.kind) else { return false }
                descriptors[redirection.descriptor] = descriptor
            case .write, .append:
                guard let descriptor = await open(target, for: redirection.kind) else { return false }
                descriptors[redirection.descriptor] = descriptor
            case .both(let appends):
                guard let descriptor = await open(target, for: appends ? .append : .write) else { return false }
                descriptors[1] = descriptor
                descriptors[2] = descriptor
            }
        }
        return true
    }

    private func open(_ path: String, for kind: Redirection.Kind) async -> Descriptor? {
        if let own = SpecialPath(path) {
            switch own {
            case .descriptor(let number):
                if let descriptor = descriptors[number] { return descriptor }
            case .process(let id, let number):
                if let entry = world.processes.entry(id) {
                    return Descriptor(sink: number == 2 ? entry.errors : entry.output)
                }
            }
            await complain("can't open \(path): no such file")
            return nil
        }
        let full = process.path(path)
        do throws(FileError) {
            switch kind {
            case .read: return Descriptor(source: try world.files.source(full, as: process.credentials))
            case .readWrite:
                let mode = 0o666 & ~process.umask
                let sink = try world.files.sink(full, appending: true, mode: mode, as: process.credentials)
                return Descriptor(source: try world.files.source(full, as: process.credentials), sink: sink)
            default:
                let mode = 0o666 & ~process.umask
                var appends = false
                if case .append = kind { appends = true }
                let sink = try world.files.sink(full, appending: appends, mode: mode, as: process.credentials)
                return Descriptor(sink: sink)
            }
        } catch {
            var isRead = false
            if case .read = kind { isRead = true }
            let reason =
                switch error {
                case .notFound: isRead ? "no such file" : "nonexistent directory"
                default: error.description
                }
            await complain("can't \(isRead ? "open" : "create") \(path): \(reason)")
            return nil
        }
    }
}

extension WordPart {
    var isCommand: Bool {
        if case .command = self { true } else { false }
    }
}
