import FairleadApplets
import FairleadContainers
import FairleadModel

/// What leaves the command that runs, and those around it.
enum Flow: Error, Sendable {
    case exit(Int32)
    case function(Int32)
    case breaking(Int)
    case continuing(Int)
    /// An error that ends a script, but not an interactive shell.
    case abort(Int32)
    /// The task was cancelled.
    case stop
}

/// One shell as it runs: a copy is a subshell.
///
/// Strings are at most `maximumText` long, all variables together twice that; functions call each other at most
/// `maximumCalls` deep. Loops that never wait are slowed down by `Pace`.
struct Shell: Sendable {
    static let maximumText = 2 << 20
    static let maximumCalls = 120
    /// How much the callers of a function, the texts being evaluated and the words of loops may hold together: each
    /// alone is bounded by `maximumText`, but they nest.
    static let maximumHeld = 16 * maximumText
    /// How much larger a script is than its text, once it has been parsed.
    static let treeFactor = 16
    /// How many programs may take each other's place, with `exec` or as the last command of a script.
    static let maximumReplacements = 200

    struct Variable: Sendable {
        var value: String?
        /// By index, if it is an array.
        var elements: [Int: String]?
        var isExported = false
        var isReadOnly = false

        var size: Int { (value?.utf8.count ?? 0) + (elements?.values.reduce(0) { $0 + $1.utf8.count + 16 } ?? 0) }
    }

    struct Function: Sendable {
        var body: Command
        /// The length of its text.
        var size: Int
    }

    struct Descriptor: Sendable {
        var source: (any ByteSource)?
        var sink: (any ByteSink)?
        var isTerminal = false
    }

    struct Options: Sendable {
        var exitsOnError = false
        var traces = false
        var refusesUnset = false
        var failsInPipes = false
        var doesNotGlob = false
        var doesNotRun = false
        var exportsAll = false
    }

    struct Job: Sendable {
        var id: Int32
        var result: Completion
    }

    var process: Process
    /// What messages begin with: `$0`.
    var name: String
    var arguments: [String]
    var variables: [String: Variable] = [:]
    /// The size of all variables.
    var size = 0
    /// The names of the environment in their order, also those that are no names of variables.
    var environment: [(name: String, value: String)] = []
    var functions: [String: Function] = [:]
    var options = Options()
    var status: Int32 = 0
    /// By `EXIT` and the names of signals; an empty text ignores.
    var traps: [String: String] = [:]
    var jobs: [Job] = []
    var lastJob: Int32?
    /// Whether this shell understands what only bash does.
    var isBash = false
    var isInteractive = false
    /// Number of callers, and of sourced files.
    var calls = 0
    /// What they hold, see `maximumHeld`.
    var held = 0
    var loops = 0
    /// The variables that `local` hides, for each call.
    var hidden: [[String: Variable?]] = []
    /// Above zero where a failure does not end the script: in conditions.
    var tolerance = 0
    /// Whether the next external command may take the place of this shell.
    var givesWay = false
    var isHandlingTrap = false
    var descriptors: [Int: Descriptor]
    /// What `getopts` has read.
    var optionOffset = 1
    let pace: Pace
    let foreground: Foreground
    /// What `$$` is in a subshell.
    var parentID: Int32?
    let began: Duration

    init(_ process: Process, name: String, arguments: [String] = [], foreground: Foreground = Foreground()) {
        self.process = process
        self.name = name
        self.arguments = arguments
        self.foreground = foreground
        pace = Pace()
        began = process.world.clock.now
        let terminal = process.isTerminal
        descriptors = [
            0: Descriptor(source: process.input, sink: terminal ? process.output : nil, isTerminal: terminal),
            1: Descriptor(sink: process.output, isTerminal: terminal),
            2: Descriptor(sink: process.errors, isTerminal: terminal),
        ]
        environment = process.environment
        for (name, value) in process.environment where name.isName {
            variables[name] = Variable(value: value, isExported: true)
        }
        if variables["PATH"]?.value == nil {
            variables["PATH"] = Variable(value: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
        }
        variables["PWD"] = Variable(value: ContainerFiles.normal(process.workingDirectory), isExported: true)
        variables["IFS"] = Variable(value: " \t\n")
        variables["OPTIND"] = Variable(value: "1")
        variables["PS4"] = Variable(value: "+ ")
        size = variables.values.reduce(0) { $0 + $1.size }
    }

    var world: ContainerWorld { process.world }

    // MARK: - messages

    /// Writes to the standard error that the shell has now.
    func complain(_ message: String) async {
        // As a C program that does not look at the result of its writes.
        try? await errors.write("\(name): \(message)\n")
    }

    /// Says why a script cannot go on.
    func abort(_ message: String, status: Int32 = 2) async -> Flow {
        await complain(message)
        return .abort(status)
    }

    var output: any ByteSink { descriptors[1]?.sink ?? NullStream() }
    var errors: any ByteSink { descriptors[2]?.sink ?? NullStream() }
    var input: any ByteSource { descriptors[0]?.source ?? NullStream() }

    // MARK: - variables

    func value(_ name: String) -> String? {
        if let variable = variables[name] { return variable.elements.map { $0[0] } ?? variable.value }
        return dynamicValue(name)
    }

    private func dynamicValue(_ name: String) -> String? {
        switch name {
        case "RANDOM": String(Int.random(in: 0...32_767))
        case "SECONDS": String(max(0, (world.clock.now - began).components.seconds))
        case "HOSTNAME" where isBash: world.hostname
        case "UID" where isBash, "EUID" where isBash: String(process.credentials.user)
        case "PPID": "0"
        case "BASH_VERSION" where isBash: "5.2.37(1)-release"
        case "EPOCHSECONDS": String(world.now().seconds)
        default: nil
        }
    }

    /// Sets a variable, as an assignment does.
    mutating func set(_ name: String, _ value: String, index: Int? = nil) async throws(Flow) {
        var variable = variables[name] ?? Variable()
        if variable.isReadOnly { throw await abort("\(name): is read only") }
        let before = variable.size
        if let index {
            variable.elements = variable.elements ?? variable.value.map { [0: $0] } ?? [:]
            variable.elements?[index] = value
            variable.value = nil
        } else if variable.elements != nil {
            variable.elements?[0] = value
        } else {
            variable.value = value
        }
        if options.exportsAll { variable.isExported = true }
        try await store(name, variable, before)
        if name == "OPTIND" { optionOffset = 1 }
    }

    mutating func setElements(_ name: String, _ elements: [String], appends: Bool) async throws(Flow) {
        var variable = variables[name] ?? Variable()
        if variable.isReadOnly { throw await abort("\(name): is read only") }
        let before = variable.size
        var all = appends ? variable.elements ?? variable.value.map { [0: $0] } ?? [:] : [:]
        let start = (all.keys.max() ?? -1) +| 1
        for (offset, element) in elements.enumerated() { all[start +| offset] = element }
        variable.value = nil
        variable.elements = all
        try await store(name, variable, before)
    }

    static func size(of words: ArraySlice<String>) -> Int { words.reduce(0) { $0 + $1.utf8.count + 16 } }

    /// - Returns: what was held before, to be restored when the words are not needed any more.
    mutating func hold(_ words: ArraySlice<String>) async throws(Flow) -> Int {
        words.isEmpty ? held : try await hold(2 * Self.size(of: words))
    }

    mutating func hold(_ size: Int) async throws(Flow) -> Int {
        let before = held
        guard held + size <= Self.maximumHeld else { throw await abort("out of memory") }
        held += size
        return before
    }

    private mutating func store(_ name: String, _ variable: Variable, _ before: Int) async throws(Flow) {
        size += variable.size - before
        if variable.size > Self.maximumText || size > 2 * Self.maximumText || variables.count > 10_000 {
            size -= variable.size - before
            throw await abort("out of memory")
        }
        variables[name] = variable
    }

    mutating func unset(_ name: String) async throws(Flow) {
        guard let variable = variables[name] else { return }
        if variable.isReadOnly { throw await abort("\(name): is read only") }
        size -= variable.size
        variables[name] = nil
    }

    /// The environment of a command: as it was inherited, with what has been exported since.
    var exported: [(name: String, value: String)] {
        var result: [(name: String, value: String)] = []
        var seen: Set<String> = []
        for (name, value) in environment {
            if !name.isName {
                result.append((name, value))
            } else if let variable = variables[name], variable.isExported, let value = variable.value,
                seen.insert(name).inserted
            {
                result.append((name, value))
            }
        }
        for (name, variable) in variables.sorted(by: { $0.key < $1.key })
        where variable.isExported && !seen.contains(name) {
            if let value = variable.value { result.append((name, value)) }
        }
        return result
    }
}
