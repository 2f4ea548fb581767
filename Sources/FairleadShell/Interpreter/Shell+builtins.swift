import FairleadApplets
import FairleadContainers
import FairleadModel

extension Shell {
    /// Applets that the shell runs by itself, without a process.
    private static let inner: Set<String> = ["echo", "printf", "test", "[", "true", "false", "kill", "pwd"]

    /// The names that the shell knows by itself.
    static let builtins: Set<String> = inner.union([
        ":", "exit", "return", "break", "continue", "cd", "export", "readonly", "unset", "set", "shift", "local",
        "declare", "typeset", "read", "eval", "exec", "wait", "umask", "trap", ".", "source", "type", "command", "let",
        "getopts", "times", "hash", "alias", "unalias", "jobs", "ulimit", "shopt", "builtin", "fg", "bg", "disown",
        "history",
        "help",
    ])

    /// Runs a command of the shell itself; false if it is none.
    mutating func runBuiltin(_ words: [String]) async throws(Flow) -> Bool {
        guard let name = words.first else { return false }
        let arguments = Array(words.dropFirst())
        if Self.inner.contains(name), let applet = Applets.all[name] {
            var child = childProcess(words)
            child.id = process.id
            status = await applet.run(child).code
            if Task.isCancelled { throw .stop }
            return true
        }
        switch name {
        case ":": status = 0
        case "exit": throw .exit(try await code(arguments.first, name))
        case "return": throw .function(try await code(arguments.first, name))
        case "break", "continue":
            guard loops > 0 else {
                status = 0
                return true
            }
            let count = arguments.first.flatMap { Int($0) } ?? 1
            guard count >= 1 else { throw await abort("\(name): Illegal number: \(arguments[0])") }
            throw name == "break" ? .breaking(min(count, loops)) : .continuing(min(count, loops))
        case "cd": try await changeDirectory(arguments)
        case "export", "readonly": try await declare(name, arguments)
        case "local", "declare", "typeset": try await declareLocal(name, arguments)
        case "unset":
            for word in arguments where word != "-v" && word != "-f" {
                if let index = Self.element(word) {
                    variables[index.name]?.elements?[index.index] = nil
                } else if arguments.first != "-f", variables[word] != nil {
                    try await unset(word)
                } else {
                    functions[word] = nil
                }
            }
            status = 0
        case "set": try await setOptions(arguments)
        case "shift":
            let count = try await code(arguments.first ?? "1", name)
            guard count >= 0, Int(count) <= self.arguments.count else {
                status = 1
                return true
            }
            self.arguments.removeFirst(Int(count))
            status = 0
        case "read": try await read(arguments)
        case "eval":
            status = 0
            try await evaluate(arguments.joined(separator: " "))
        case ".", "source": try await source(arguments)
        case "wait": try await wait(arguments)
        case "umask": await setMask(arguments)
        case "trap": try await setTrap(arguments)
        case "type": await describe(arguments, isBrief: false)
        case "command": await describe(arguments.filter { !$0.hasPrefix("-") }, isBrief: arguments.first == "-v")
        case "builtin":
            if arguments.isEmpty { status = 0 } else { return try await runBuiltin(arguments) }
        case "let":
            var last: Int64 = 0
            for word in arguments { last = try await arithmetic(word) }
            status = last != 0 ? 0 : 1
        case "getopts": try await readOption(arguments)
        case "jobs":
            for (index, job) in jobs.enumerated() where job.result.status == nil {
                // As a C program that does not look at the result of its writes.
                try? await output.write("[\(index + 1)]  Running\n")
            }
            status = 0
        case "ulimit":
            if arguments.count < 2 { try? await output.write("unlimited\n") }  // As a C program that does not look.
            status = 0
        case "times", "hash", "alias", "unalias", "shopt", "disown", "history", "help", "fg", "bg": status = 0
        default: return false
        }
        return true
    }

    /// The number that `exit` and others are given.
    private func code(_ text: String?, _ command: String) async throws(Flow) -> Int32 {
        guard let text else { return status }
        guard let number = Int64(text) else { throw await abort("\(command): Illegal number: \(text)") }
        return command == "shift" ? Int32(clamping: number) : Int32(number & 0xFF)
    }

    private mutating func changeDirectory(_ arguments: [String]) async throws(Flow) {
        var target = arguments.first { $0 != "-P" && $0 != "-L" && $0 != "--" } ?? value("HOME") ?? "/"
        let goesBack = target == "-"
        if goesBack { target = value("OLDPWD") ?? process.workingDirectory }
        let path = ContainerFiles.normal(process.path(target))
        do throws(FileError) {
            guard try world.files.status(path, as: process.credentials).kind == .directory else { throw .notDirectory }
        } catch {
            await complain("cd: can't cd to \(target): \(error)")
            status = 2
            return
        }
        try await set("OLDPWD", process.workingDirectory)
        process.workingDirectory = path
        try await set("PWD", path)
        variables["PWD"]?.isExported = true
        // As a C program that does not look at the result of its writes.
        if goesBack { try? await output.write(path + "\n") }
        status = 0
    }

    private mutating func source(_ arguments: [String]) async throws(Flow) {
        guard let path = arguments.first else {
            status = 2
            return
        }
        let text: String
        do throws(FileError) {
            text = String(decoding: try world.files.read(process.path(path), as: process.credentials), as: UTF8.self)
        } catch {
            throw await abort(
                error == .notFound ? ".: can't open '\(path)': No such file or directory" : "\(path): \(error)")
        }
        let before = self.arguments
        if arguments.count > 1 { self.arguments = Array(arguments.dropFirst()) }
        defer { if arguments.count > 1 { self.arguments = before } }
        status = 0
        do throws(Flow) {
            try await evaluate(text)
        } catch {
            guard case .function(let status) = error else { throw error }
            self.status = status
        }
    }

    /// Waits for background jobs; a signal that comes meanwhile is handled at once.
    private mutating func wait(_ arguments: [String]) async throws(Flow) {
        var awaited = jobs
        status = 0
        if !arguments.isEmpty {
            awaited = []
            for word in arguments where word != "-n" {
                guard let id = Int32(word), let job = jobs.first(where: { $0.id == id }) else {
                    status = 127
                    continue
                }
                awaited.append(job)
            }
        }
        for job in awaited {
            let signals = process.signals
            while job.result.status == nil {
                let signal = await withTaskGroup(of: ProcessSignal?.self) { group in
                    group.addTask {
                        await job.result.wait()
                        return nil
                    }
                    group.addTask { await signals.next() }
                    let first = await group.next() ?? nil
                    group.cancelAll()
                    return first
                }
                if Task.isCancelled { throw .stop }
                guard let signal else { continue }
                try await handle(signal)
                if traps[signal.name]?.isEmpty == false {
                    status = 128 + signal.rawValue
                    return
                }
            }
            if !arguments.isEmpty { status = job.result.status ?? 0 }
        }
        pace.rest()
        jobs.removeAll { job in awaited.contains { $0.id == job.id } }
    }

    private mutating func setMask(_ arguments: [String]) async {
        status = 0
        guard let text = arguments.first else {
            let digits = String(process.umask, radix: 8)
            // As a C program that does not look at the result of its writes.
            try? await output.write(String(repeating: "0", count: max(0, 4 - digits.count)) + digits + "\n")
            return
        }
        if let mask = UInt16(text, radix: 8), mask <= 0o777 {
            process.umask = mask
        } else {
            await complain("umask: illegal mode: \(text)")
            status = 2
        }
    }

    private mutating func setTrap(_ arguments: [String]) async throws(Flow) {
        status = 0
        let words = arguments.filter { $0 != "--" }
        guard let action = words.first else {
            for (name, action) in traps.sorted(by: { $0.key < $1.key }) {
                // As a C program that does not look at the result of its writes.
                try? await output.write("trap -- '\(action)' \(name)\n")
            }
            return
        }
        var names = Array(words.dropFirst())
        let isReset = action == "-" || names.isEmpty
        if names.isEmpty { names = [action] }
        for name in names {
            let key: String
            if name == "0" || name.uppercased() == "EXIT" {
                key = "EXIT"
            } else if let signal = ProcessSignal(name) {
                key = signal.name
            } else if ["ERR", "DEBUG", "RETURN", "PIPE", "ALRM", "CHLD", "WINCH", "TSTP", "CONT", "ABRT"].contains(
                name.uppercased().hasPrefix("SIG") ? String(name.uppercased().dropFirst(3)) : name.uppercased())
            {
                continue
            } else {
                await complain("trap: \(name): invalid signal specification")
                status = 1
                continue
            }
            traps[key] = isReset ? nil : action
        }
        process.signals.handle(Set(traps.keys.compactMap { ProcessSignal($0) }))
    }

    private mutating func describe(_ names: [String], isBrief: Bool) async {
        status = 0
        for name in names {
            var text: String?
            if functions[name] != nil {
                text = isBrief ? name : "\(name) is a function"
            } else if Self.builtins.contains(name) {
                text = isBrief ? name : "\(name) is a shell builtin"
            } else if let path = SearchPath.file(name, for: childProcess([name])) {
                text = isBrief ? path : "\(name) is \(path)"
            }
            if let text {
                // As a C program that does not look at the result of its writes.
                try? await output.write(text + "\n")
            } else {
                if !isBrief { try? await output.write("\(name): not found\n") }  // As above.
                status = 127
            }
        }
    }
}
