import FairleadContainers
import FairleadModel

extension Applets {
    static let awk: [String: Applet] = ["awk": Applet(runAwk), "gawk": Applet(runAwk)]

    private static func runAwk(_ process: Process) async throws -> Int32 {
        let options = try AppletOptions(process.words, "F:v:f:", stopsAtOperand: true)
        var operands = options.operands[...]
        var program = ""
        for path in options.all("f") { program += String(decoding: try process.read(path), as: UTF8.self) + "\n" }
        if options.all("f").isEmpty {
            guard let text = operands.popFirst() else {
                throw AppletFailure("usage: awk [-F SEP] [-v VAR=VALUE] PROGRAM [FILE]...")
            }
            program = text
        }
        let rules: [AwkRule]
        do throws(AwkFailure) {
            rules = try AwkParser.program(program)
        } catch {
            throw AppletFailure("cmd. line:1: \(error.message)", status: 1)
        }
        var machine = AwkMachine(rules, now: process.world.now().seconds)
        if let separator = options.value("F") {
            machine.set("FS", separator == "t" ? "\t" : Escapes.decoded(separator, zeroPrefix: false).text)
        }
        for word in options.all("v") {
            let name = String(word.prefix { $0 != "=" })
            machine.set(name, Escapes.decoded(String(word.dropFirst(name.count + 1)), zeroPrefix: false).text)
        }
        machine.setElements("ENVIRON", process.environment.map { ($0.name, $0.value) })
        var run = AwkRun(process: process, machine: machine)
        return try await run.run(Array(operands))
    }
}

/// Feeds a machine with records, and writes what it has to say.
private struct AwkRun {
    private let process: Process
    private var machine: AwkMachine
    private var sinks: [String: any ByteSink] = [:]

    init(process: Process, machine: AwkMachine) {
        self.process = process
        self.machine = machine
    }

    mutating func run(_ operands: [String]) async throws -> Int32 {
        var status: Int32 = 0
        do throws(AwkMachine.Flow) {
            try machine.begin()
        } catch {
            return try await finish(error)
        }
        try await flush()
        if machine.readsInput {
            var paths: [String] = []
            for word in operands {
                if let equals = word.firstIndex(of: "="), String(word[..<equals]).isName {
                    machine.set(String(word[..<equals]), String(word[word.index(after: equals)...]))
                } else {
                    paths.append(word)
                }
            }
            for path in paths.isEmpty ? ["-"] : paths {
                let source: any ByteSource
                do throws(FileError) {
                    source = try process.open(path)
                } catch {
                    await process.complain("awk: \(path): \(error)")
                    status = 2
                    continue
                }
                var reader = LineReader(source)
                var isFirst = true
                while let line = await reader.nextText() {
                    do throws(AwkMachine.Flow) {
                        try machine.run(record: line, isFirstOfFile: isFirst, path: path == "-" ? "" : path)
                    } catch {
                        return try await finish(error)
                    }
                    isFirst = false
                    try await flush()
                }
            }
        }
        if Task.isCancelled { return 137 }
        do throws(AwkMachine.Flow) {
            try machine.end()
        } catch {
            return try await finish(error, ran: true)
        }
        try await flush()
        return status
    }

    /// - Parameter ran: whether the rules for the end have run.
    private mutating func finish(_ flow: AwkMachine.Flow, ran: Bool = false) async throws -> Int32 {
        if case .failure(let message) = flow {
            try await flush()
            throw AppletFailure("cmd. line:1: \(message)", status: 2)
        }
        if !ran, case .exit = flow {
            do throws(AwkMachine.Flow) {
                try machine.end()
            } catch {
                if case .failure(let message) = error { throw AppletFailure(message, status: 2) }
            }
        }
        try await flush()
        return machine.exitStatus
    }

    private mutating func flush() async throws {
        let pieces = machine.output
        machine.output = []
        for (path, appends, bytes) in pieces {
            guard let path else {
                try await process.output.write(bytes)
                continue
            }
            if sinks[path] == nil {
                guard sinks.count < 100 else { throw AppletFailure("too many open files") }
                do throws(FileError) {
                    sinks[path] = try process.sink(path, appending: appends)
                } catch {
                    throw AppletFailure("can't open '\(path)': \(error)", status: 2)
                }
            }
            try await sinks[path]?.write(bytes)
        }
    }
}
