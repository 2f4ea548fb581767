import FairleadApplets
import FairleadContainers
import FairleadModel

extension Shell {
    /// A copy for what runs in a subshell: without the traps, and with signals of its own.
    func subshell() -> Shell {
        var child = self
        child.traps = child.traps.filter { $0.value.isEmpty }
        child.jobs = []
        child.isInteractive = false
        child.isHandlingTrap = false
        child.givesWay = false
        child.process.signals = SignalInbox()
        return child
    }

    /// Runs a list as a whole program: returns its status, also when it exits. The trap for EXIT runs.
    mutating func runToEnd(_ list: [ListItem]) async -> Int32 {
        do throws(Flow) {
            try await run(list)
        } catch {
            status = ended(error)
        }
        return await runExitTrap()
    }

    /// The status of a script that something has left.
    func ended(_ flow: Flow) -> Int32 {
        switch flow {
        case .exit(let status), .function(let status), .abort(let status): status
        case .breaking, .continuing: status
        case .stop: 137
        }
    }

    mutating func runExitTrap() async -> Int32 {
        guard !Task.isCancelled, let action = traps.removeValue(forKey: "EXIT"), !action.isEmpty else { return status }
        let before = status
        do throws(Flow) {
            try await evaluate(action)
        } catch {
            if case .exit(let status) = error { return status }
        }
        return before
    }

    /// Parses and runs a text in this shell.
    mutating func evaluate(_ text: String) async throws(Flow) {
        guard calls < Self.maximumCalls else { throw await abort("nested too deeply") }
        let before = try await hold(text.utf8.count * Self.treeFactor)
        defer { held = before }
        let list: [ListItem]
        do throws(SyntaxError) {
            list = try Parser.script(text)
        } catch {
            throw await abort(error.message)
        }
        calls += 1
        defer { calls -= 1 }
        try await run(list)
    }

    // MARK: - lists

    mutating func run(_ list: [ListItem]) async throws(Flow) {
        let mayGiveWay = givesWay
        defer { givesWay = mayGiveWay }
        for (index, item) in list.enumerated() {
            givesWay = mayGiveWay && index == list.count - 1
            if item.isBackground { try await start(item) } else { try await run(item) }
        }
    }

    private mutating func run(_ item: ListItem) async throws(Flow) {
        let isChain = !item.rest.isEmpty
        let mayGiveWay = givesWay
        defer { givesWay = mayGiveWay }
        givesWay = mayGiveWay && !isChain
        try await run(item.first, isTolerated: isChain)
        for (index, (joint, pipeline)) in item.rest.enumerated() {
            guard (status == 0) == (joint == .and) else { continue }
            let isLast = index == item.rest.count - 1
            givesWay = mayGiveWay && isLast
            try await run(pipeline, isTolerated: !isLast)
        }
    }

    /// Runs what decides about a branch or a loop: its failure does not end the script.
    mutating func runCondition(_ list: [ListItem]) async throws(Flow) {
        let mayGiveWay = givesWay
        givesWay = false
        tolerance += 1
        defer {
            tolerance -= 1
            givesWay = mayGiveWay
        }
        try await run(list)
    }

    mutating func run(_ pipeline: Pipeline, isTolerated: Bool) async throws(Flow) {
        let isTolerated = isTolerated || pipeline.isNegated
        if isTolerated { tolerance += 1 }
        defer { if isTolerated { tolerance -= 1 } }
        if pipeline.isNegated { givesWay = false }
        if pipeline.commands.count == 1 {
            try await run(pipeline.commands[0])
        } else {
            try await runPipe(pipeline.commands)
        }
        if pipeline.isNegated { status = status == 0 ? 1 : 0 }
        if status != 0, options.exitsOnError, tolerance == 0, !isTolerated { throw .exit(status) }
    }

    // MARK: - processes

    /// Runs the commands of a pipeline at the same time, each in a subshell.
    private mutating func runPipe(_ commands: [Command]) async throws(Flow) {
        var stages: [(process: Process, place: ProcessTable.Place, subshell: Subshell)] = []
        var ends: [(input: Pipe?, output: Pipe?)] = []
        var previous: Pipe?
        for (index, command) in commands.enumerated() {
            let pipe = index < commands.count - 1 ? Pipe() : nil
            var child = subshell()
            if let previous { child.descriptors[0] = Descriptor(source: previous) }
            if let pipe { child.descriptors[1] = Descriptor(sink: pipe) }
            let process = child.childProcess(process.arguments)
            guard let place = world.processes.add(process) else {
                for stage in stages {
                    // Numbers that were taken for commands which cannot run now are free again after this.
                    _ = await stage.process.run(FunctionProgram { _ in .failure }, as: stage.place)
                }
                throw await abort("can't fork: Resource temporarily unavailable")
            }
            stages.append((process, place, Subshell(shell: child, command: command)))
            ends.append((previous, pipe))
            previous = pipe
        }
        for stage in stages { foreground.add(stage.place.id) }
        let (running, pipes) = (stages, ends)
        let statuses = await withTaskGroup(of: (Int, Int32).self) { group in
            for (index, stage) in running.enumerated() {
                group.addTask {
                    let status = await stage.process.run(stage.subshell, as: stage.place)
                    pipes[index].output?.end()
                    pipes[index].input?.close()
                    return (index, status.code)
                }
            }
            var statuses = [Int32](repeating: 0, count: running.count)
            for await (index, status) in group { statuses[index] = status }
            return statuses
        }
        for stage in stages { foreground.remove(stage.place.id) }
        if Task.isCancelled { throw .stop }
        status = statuses.last ?? 0
        if options.failsInPipes { status = statuses.last { $0 != 0 } ?? 0 }
    }

    /// Starts a list in the background.
    private mutating func start(_ item: ListItem) async throws(Flow) {
        var child = subshell()
        // Without job control, a background job reads nothing.
        if !isInteractive || child.descriptors[0]?.isTerminal == true {
            child.descriptors[0] = Descriptor(source: NullStream())
        }
        var single = item
        single.isBackground = false
        let process = child.childProcess(process.arguments)
        guard let place = world.processes.add(process) else {
            throw await abort("can't fork: Resource temporarily unavailable")
        }
        let command: Command =
            single.rest.isEmpty && single.first.commands.count == 1 && !single.first.isNegated
            ? single.first.commands[0] : .group([single])
        let program = Subshell(shell: child, command: command)
        let result = Completion()
        let started = world.tasks.start { result.finish(await process.run(program, as: place).code) }
        if started == nil { result.finish(137) }
        if jobs.count > 100 { jobs.removeAll { $0.result.status != nil } }
        jobs.append(Job(id: place.id, result: result))
        lastJob = place.id
        status = 0
    }

    /// The process that a command becomes, with the streams and variables that the shell has now.
    func childProcess(_ arguments: [String]) -> Process {
        var child = process
        child.arguments = arguments
        child.environment = exported
        child.input = descriptors[0]?.source ?? NullStream()
        child.output = descriptors[1]?.sink ?? NullStream()
        child.errors = descriptors[2]?.sink ?? NullStream()
        child.signals = SignalInbox()
        child.isTerminal = descriptors[0]?.isTerminal == true && descriptors[1]?.isTerminal == true
        return child
    }

    // MARK: - between commands

    /// Counts a step: slows down, notices signals, and stops when the container does.
    mutating func step(_ weight: Int = 1) async throws(Flow) {
        if Task.isCancelled { throw .stop }
        if let pause = pace.count(weight) {
            await world.clock.sleep(for: pause)
            await Task.yield()
        }
        if isInteractive, foreground.takeInterrupt() { throw .abort(130) }
        guard !isHandlingTrap else { return }
        while let signal = process.signals.poll() { try await handle(signal) }
    }

    /// Does what the traps say about a signal.
    mutating func handle(_ signal: ProcessSignal) async throws(Flow) {
        if let action = traps[signal.name] {
            if action.isEmpty { return }
            let before = status
            isHandlingTrap = true
            defer { isHandlingTrap = false }
            try await evaluate(action)
            status = before
        } else if process.id != 1, !isInteractive {
            throw .exit(128 + signal.rawValue)
        }
    }
}

/// A part of a script in a process of its own.
struct Subshell: Program {
    let shell: Shell
    let command: Command

    func run(_ process: Process) async -> ExitStatus {
        var shell = shell
        let parent = shell.process.id
        shell.process.signals = process.signals
        shell.process.id = process.id
        shell.givesWay = true
        var flow: Flow?
        // `$$` is still the parent's number.
        shell.parentID = shell.parentID ?? parent
        do throws(Flow) { try await shell.run(command) } catch { flow = error }
        if let flow { shell.status = shell.ended(flow) }
        return ExitStatus(await shell.runExitTrap())
    }
}
