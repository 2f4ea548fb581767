import FairleadApplets
import FairleadContainers
import FairleadModel

/// `sh`, `ash` and `bash`: runs the text after `-c`, a script, or what it reads.
struct ShellProgram: Program {
    func run(_ process: Process) async -> ExitStatus {
        var start = StartWords(process.words)
        do throws(SyntaxError) {
            try start.parse()
        } catch {
            await process.complain("\(process.arguments.first ?? "sh"): \(error.message)")
            return ExitStatus(2)
        }
        var shell = Shell(process, name: process.arguments.first ?? "sh")
        shell.isBash = process.appletName == "bash"
        shell.options = start.options
        if start.takesText { return ExitStatus(await text(start.operands, &shell)) }
        if let path = start.operands.first, !start.readsInput {
            shell.name = path
            shell.arguments = Array(start.operands.dropFirst())
            return ExitStatus(await script(path, &shell))
        }
        shell.arguments = start.operands
        if process.isTerminal || start.isInteractive { return ExitStatus(await InteractiveShell(shell).run()) }
        return ExitStatus(await shell.runInput())
    }

    private func text(_ words: [String], _ shell: inout Shell) async -> Int32 {
        guard let text = words.first else {
            await shell.complain("-c requires an argument")
            return 2
        }
        if words.count > 1 { shell.name = words[1] }
        shell.arguments = Array(words.dropFirst(2))
        return await run(text, &shell)
    }

    private func script(_ path: String, _ shell: inout Shell) async -> Int32 {
        let process = shell.process
        do throws(FileError) {
            let bytes = try process.world.files.read(process.path(path), as: process.credentials)
            return await run(String(decoding: bytes, as: UTF8.self), &shell)
        } catch {
            let name = process.arguments.first ?? "sh"
            await process.complain("\(name): can't open '\(path)': \(error)")
            return error == .notFound ? 2 : 126
        }
    }

    private func run(_ text: String, _ shell: inout Shell) async -> Int32 {
        let list: [ListItem]
        do throws(SyntaxError) {
            list = try Parser.script(text)
        } catch {
            await shell.complain(error.message)
            return 2
        }
        if shell.options.doesNotRun { return 0 }
        // The last command may take the place of the shell, as in `sh -c 'sleep 600'`.
        shell.givesWay = true
        return await shell.runToEnd(list)
    }
}

/// The words that a shell is started with.
struct StartWords {
    private var words: ArraySlice<String>
    var options = Shell.Options()
    var takesText = false
    var readsInput = false
    var isInteractive = false
    var operands: [String] = []

    init(_ words: [String]) { self.words = words[...] }

    mutating func parse() throws(SyntaxError) {
        while let word = words.first, word.hasPrefix("-") || word.hasPrefix("+"), word.count > 1 {
            words.removeFirst()
            if word == "--" { break }
            if word.hasPrefix("--") { continue }
            for letter in word.dropFirst() {
                let isOn = word.hasPrefix("-")
                switch letter {
                case "c": takesText = true
                case "s": readsInput = true
                case "i": isInteractive = true
                case "e": options.exitsOnError = isOn
                case "x": options.traces = isOn
                case "u": options.refusesUnset = isOn
                case "f": options.doesNotGlob = isOn
                case "a": options.exportsAll = isOn
                case "n": options.doesNotRun = isOn
                case "l", "m", "v", "b", "h", "p", "C": continue
                case "o":
                    switch words.popFirst() {
                    case "pipefail": options.failsInPipes = isOn
                    case "errexit": options.exitsOnError = isOn
                    case "nounset": options.refusesUnset = isOn
                    case "xtrace": options.traces = isOn
                    default: continue
                    }
                default: throw SyntaxError(message: "illegal option -\(letter)")
                }
            }
        }
        operands = Array(words)
    }
}

extension Shell {
    /// Reads commands from the standard input and runs each as soon as it is complete.
    mutating func runInput() async -> Int32 {
        var pending = ""
        do throws(Flow) {
            while let line = await Self.line(from: input) {
                pending += line
                if try await runPending(&pending) { continue }
            }
            if !pending.isBlank { try await evaluate(pending) }
        } catch {
            status = ended(error)
        }
        return await runExitTrap()
    }

    /// Runs what has been read, if it is complete; false if it needs more.
    mutating func runPending(_ pending: inout String) async throws(Flow) -> Bool {
        // What is read again and again costs again and again.
        try await step(pending.utf8.count / 50)
        let list: [ListItem]
        do throws(SyntaxError) {
            list = try Parser.script(pending)
        } catch {
            if error.isIncomplete, pending.utf8.count < Parser.maximumSize { return false }
            pending = ""
            throw await abort(error.message)
        }
        // A line that ends with a backslash goes on; so does a here-document that has not ended.
        if pending.hasSuffix("\\\n") { return false }
        if Parser.hasOpenText(pending) { return false }
        pending = ""
        try await run(list)
        return true
    }

    /// A line with its end, byte by byte: what follows belongs to the commands.
    static func line(from source: any ByteSource) async -> String? {
        var line: [UInt8] = []
        while line.count < Parser.maximumSize, let byte = await source.read(upTo: 1)?.first {
            line.append(byte)
            if byte == .newline { break }
        }
        return line.isEmpty ? nil : String(decoding: line, as: UTF8.self)
    }
}
