import FairleadApplets
import FairleadContainers
import FairleadModel

extension Applets {
    /// What runs, shows and ends processes.
    static let running: [String: Applet] = [
        "kill": Applet(kill), "killall": Applet(killall), "pidof": Applet(pidof), "pgrep": Applet(pidof),
        "pkill": Applet(killall), "ps": Applet(ps), "top": Applet(top), "timeout": Applet(timeout),
        "xargs": Applet(xargs), "watch": Applet(watch), "find": Find.applet, "expr": Expression.applet,
        "nohup": Applet { process in
            guard !process.words.isEmpty else { throw AppletFailure("missing operand") }
            return try await process.start(process.calling(process.words))
        },
        "nice": Applet { process in
            var words = process.words[...]
            if words.first == "-n" { words = words.dropFirst(2) }
            guard !words.isEmpty else { return 0 }
            return try await process.start(process.calling(Array(words)))
        },
        "setsid": Applet { process in try await process.start(process.calling(process.words)) },
        "time": Applet { process in
            let start = process.world.clock.now
            let status = process.words.isEmpty ? 0 : try await process.start(process.calling(process.words))
            let seconds = (process.world.clock.now - start).inSeconds
            await process.complain(
                "real\t0m \(FormatPrinter.fixed(seconds, decimals: 2))s\nuser\t0m 0.00s\nsys\t0m 0.00s")
            return status
        },
        "apk": Applet(install), "apt": Applet(install), "apt-get": Applet(install),
        "usleep": Applet { process in
            guard let count = process.words.first.flatMap({ Double($0) }) else {
                throw AppletFailure("missing operand")
            }
            return await process.sleep(for: .seconds(saturating: count / 1e6)) ? 0 : 137
        },
    ]

    /// Package managers: scripts go on with the tools that are there.
    private static func install(_ process: Process) async throws -> Int32 {
        await process.complain(
            "\(process.appletName): this container is simulated: nothing is installed; curl, dig, nc and others are there"
        )
        return 0
    }

    private static func kill(_ process: Process) async throws -> Int32 {
        var words = process.words[...]
        var signal: ProcessSignal? = .terminate
        if let first = words.first, first == "-l" {
            try await process.put("HUP INT QUIT KILL USR1 USR2 TERM")
            return 0
        }
        if words.first == "-s" {
            words.removeFirst()
            signal = try named(words.popFirst() ?? "")
        } else if let first = words.first, first.hasPrefix("-"), first != "--" {
            words.removeFirst()
            signal = try named(String(first.dropFirst()))
        }
        if words.first == "--" { words.removeFirst() }
        guard !words.isEmpty else { throw AppletFailure("you need to specify whom to kill") }
        var status: Int32 = 0
        for word in words {
            guard let id = Int32(word) else { throw AppletFailure("invalid number '\(word)'") }
            do throws(SignalError) {
                try process.world.processes.send(signal, to: id, by: process.credentials)
            } catch {
                await process.complain("\(process.appletName): can't kill pid \(id): \(error)")
                status = 1
            }
        }
        return status
    }

    /// nil for signal 0.
    private static func named(_ text: String) throws -> ProcessSignal? {
        if text == "0" { return nil }
        guard let signal = ProcessSignal(text) else { throw AppletFailure("bad signal name '\(text)'") }
        return signal
    }

    private static func killall(_ process: Process) async throws -> Int32 {
        var signal: ProcessSignal? = .terminate
        var names: [String] = []
        var (isQuiet, matchesAll) = (false, false)
        for word in process.words {
            switch word {
            case "-q": isQuiet = true
            case "-f": matchesAll = true
            default:
                if word.hasPrefix("-") { signal = try named(String(word.dropFirst())) } else { names.append(word) }
            }
        }
        var status: Int32 = 0
        for name in names {
            var found = false
            for entry in process.world.processes.entries where entry.id != process.id {
                guard entry.name == name || matchesAll && entry.arguments.joined(separator: " ").contains(name) else {
                    continue
                }
                // One that has ended meanwhile, or is not ours, is not found.
                if (try? process.world.processes.send(signal, to: entry.id, by: process.credentials)) != nil {
                    found = true
                }
            }
            if !found {
                if !isQuiet, process.appletName == "killall" {
                    await process.complain("killall: \(name): no process killed")
                }
                status = 1
            }
        }
        return status
    }

    private static func pidof(_ process: Process) async throws -> Int32 {
        let isFull = process.words.contains("-f")
        let names = process.words.filter { !$0.hasPrefix("-") }
        let found = process.world.processes.entries.filter { entry in
            entry.id != process.id
                && names.contains { name in
                    process.appletName == "pgrep"
                        ? (isFull ? entry.arguments.joined(separator: " ") : entry.name).contains(name)
                        : entry.name == name
                }
        }
        if found.isEmpty { return 1 }
        let separator = process.appletName == "pgrep" ? "\n" : " "
        try await process.put(found.reversed().map { String($0.id) }.joined(separator: separator))
        return 0
    }

    private static func ps(_ process: Process) async throws -> Int32 {
        let names = AccountNames(process)
        let isFull = process.words.contains { $0.contains("f") || $0.contains("u") }
        try await process.put(
            isFull ? "UID          PID    PPID  C STIME TTY          TIME CMD" : "PID   USER     TIME  COMMAND")
        for entry in process.world.processes.entries {
            let user = names.user(entry.user) ?? String(entry.user)
            let command = entry.arguments.joined(separator: " ")
            if isFull {
                let started = CalendarTime(entry.started).text("%H:%M")
                let numbers = Columns.right(String(entry.id), 8) + Columns.right(String(entry.parent), 8)
                try await process.put("\(Columns.left(user, 8))\(numbers)  0 \(started) ?        00:00:00 \(command)")
            } else {
                try await process.put("\(Columns.right(String(entry.id), 5)) \(Columns.left(user, 8))  0:00 \(command)")
            }
        }
        return 0
    }

    private static func top(_ process: Process) async throws -> Int32 {
        let options = try AppletOptions(process.words, "bn:d:mH")
        var rounds = options.value("n").flatMap { Int($0) } ?? (options.has("b") || !process.isTerminal ? 1 : .max)
        let wait = options.value("d").flatMap { Double($0) } ?? 5
        let names = AccountNames(process)
        while rounds > 0 {
            rounds -= 1
            if !options.has("b"), process.isTerminal { try await process.output.write("\u{1B}[H\u{1B}[J") }
            let entries = process.world.processes.entries
            try await process.put("Mem: 0K used, 0K free, 0K shrd, 0K buff, 0K cached")
            try await process.put("CPU:   0% usr   0% sys   0% nic 100% idle   0% io   0% irq   0% sirq")
            try await process.put("Load average: 0.00 0.00 0.00 1/\(entries.count) \(process.id)")
            try await process.put("  PID  PPID USER     STAT   VSZ %VSZ CPU %CPU COMMAND")
            for entry in entries {
                let user = Columns.left(names.user(entry.user) ?? String(entry.user), 8)
                let numbers = Columns.right(String(entry.id), 5) + Columns.right(String(entry.parent), 6)
                try await process.put(
                    "\(numbers) \(user) S     4400   0%   0   0% \(entry.arguments.joined(separator: " "))")
            }
            if rounds > 0 { guard await process.sleep(for: .seconds(saturating: max(1, wait))) else { return 137 } }
        }
        return 0
    }

    private static func timeout(_ process: Process) async throws -> Int32 {
        let options = try AppletOptions(
            process.words, "s:k:t:vpf", long: ["signal": "s", "kill-after": "k"], stopsAtOperand: true)
        var operands = options.operands[...]
        guard let text = options.value("t") ?? operands.popFirst(), let seconds = Durations.seconds(text) else {
            throw AppletFailure("invalid number '\(options.operands.first ?? "")'")
        }
        guard !operands.isEmpty else { throw AppletFailure("missing operand") }
        let child = process.calling(Array(operands))
        let limit: Duration? = seconds > 0 ? .seconds(saturating: seconds) : nil
        let status = try await within(limit, process.world.clock) { try await process.start(child) }
        if let status { return status }
        if Task.isCancelled { return 137 }
        let signal = try named(options.value("s") ?? "TERM")
        return 128 + (signal ?? .terminate).rawValue
    }

    private static func watch(_ process: Process) async throws -> Int32 {
        let options = try AppletOptions(process.words, "n:td", stopsAtOperand: true)
        guard !options.operands.isEmpty else { throw AppletFailure("missing operand") }
        let wait = max(0.1, options.value("n").flatMap { Double($0) } ?? 2)
        let command = options.operands.joined(separator: " ")
        repeat {
            if process.isTerminal { try await process.output.write("\u{1B}[H\u{1B}[J") }
            if !options.has("t") { try await process.put("Every \(FormatPrinter.general(wait))s: \(command)\n") }
            _ = try await process.start(process.calling(["sh", "-c", command]))
        } while await process.sleep(for: .seconds(saturating: wait))
        return 137
    }

    private static func xargs(_ process: Process) async throws -> Int32 {
        let options = try AppletOptions(
            process.words, "n:I:0rtL:P:d:s:xp", long: ["null": "0", "no-run-if-empty": "r"], stopsAtOperand: true)
        let bytes = try await process.all(process.input)
        let command = options.operands.isEmpty ? ["echo"] : options.operands
        var items: [String]
        if options.has("0") {
            items = bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        } else if options.has("I") || options.has("L") || options.has("d") {
            let separator =
                options.value("d").flatMap { Escapes.decodedBytes(Array($0.utf8), zeroPrefix: false).bytes.first } ?? 10
            items = bytes.split(separator: separator).map { String(decoding: $0, as: UTF8.self) }
        } else {
            items = quotedWords(String(decoding: bytes, as: UTF8.self))
        }
        items = Array(items.prefix(100_000))
        if items.isEmpty, options.has("r") || options.has("I") { return 0 }
        var status: Int32 = 0
        func run(_ words: [String]) async throws {
            if options.has("t") { await process.complain(words.joined(separator: " ")) }
            var child = process.calling(words)
            child.input = NullStream()
            let code = try await process.start(child)
            if code != 0 { status = 123 }
        }
        if let mark = options.value("I") {
            for item in items { try await run(command.map { $0.replacing(mark, with: item) }) }
            return status
        }
        let size = max(1, options.value("n").flatMap { Int($0) } ?? options.value("L").flatMap { Int($0) } ?? 5_000)
        if items.isEmpty { try await run(command) }
        for start in stride(from: 0, to: items.count, by: size) {
            try await run(command + items[start..<min(items.count, start +| size)])
        }
        return status
    }

    /// Words as `xargs` reads them: quotes and backslashes keep blanks.
    private static func quotedWords(_ text: String) -> [String] {
        var words: [String] = []
        var word: String?
        var quote: Character?
        var isEscaped = false
        for character in text {
            if isEscaped {
                word = (word ?? "") + String(character)
                isEscaped = false
            } else if let open = quote {
                if character == open { quote = nil } else { word = (word ?? "") + String(character) }
            } else if character == "\\" {
                isEscaped = true
            } else if character == "'" || character == "\"" {
                quote = character
                word = word ?? ""
            } else if character.isWhitespace {
                if let done = word { words.append(done) }
                word = nil
            } else {
                word = (word ?? "") + String(character)
            }
        }
        if let word { words.append(word) }
        return words
    }
}

extension Process {
    /// The same process with another command line.
    func calling(_ words: [String]) -> Process {
        var child = self
        child.arguments = words
        return child
    }
}

extension ProcessTable.Entry {
    /// The name of the program, without its directory.
    var name: String { arguments.first.map { String($0.split(separator: "/").last ?? "") } ?? "" }
}
