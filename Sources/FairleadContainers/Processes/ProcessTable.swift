package import FairleadModel
import Synchronization

/// Why a signal cannot be sent.
package enum SignalError: Error, Hashable, Sendable, CustomStringConvertible {
    case noSuchProcess, notPermitted

    package var description: String { self == .noSuchProcess ? "No such process" : "Operation not permitted" }
}

/// The processes of a container that run, by their numbers: what `ps` shows and `kill` finds. Number 1 is the container's
/// own command.
package final class ProcessTable: Sendable {
    /// One process that runs.
    package struct Entry: Sendable {
        package var id: Int32
        package var parent: Int32
        package var user: UInt32
        package var arguments: [String]
        package var started: Timestamp
        /// Where it writes: what `/proc/N/fd/1` and `/proc/N/fd/2` are.
        package var output: any ByteSink
        package var errors: any ByteSink
        /// How much its command line holds.
        fileprivate var size: Int
        fileprivate var signals: SignalInbox
        fileprivate var end: Completion
    }

    /// Processes at most, so that no script can multiply without limit.
    package static let capacity = 512
    /// How much the command lines of all of them may hold: one may have 2 MiB.
    private static let mostBytes = 32 << 20

    private struct State {
        var entries: [Int32: Entry] = [:]
        var last: Int32 = 1
        /// The sizes of all entries.
        var size = 0
    }

    private let state = Mutex(State())

    package init() {}

    /// All that run, by number.
    package var entries: [Entry] { state.withLock { $0.entries.values.sorted { $0.id < $1.id } } }

    package func entry(_ id: Int32) -> Entry? { state.withLock { $0.entries[id] } }

    /// A process that may begin to run, by `Process.run(_:as:)`.
    package struct Place: Sendable {
        package var id: Int32
        fileprivate var end: Completion
    }

    /// A number for a new process, 1 for the container's own; nil if there are too many. It is taken until the process
    /// has run.
    package func add(_ process: Process, isFirst: Bool = false) -> Place? {
        let end = Completion()
        let size = Self.size(of: process.arguments)
        let id = state.withLock { state -> Int32? in
            guard state.entries.count < Self.capacity, isFirst || state.size + size <= Self.mostBytes else {
                return nil
            }
            var id: Int32 = 1
            if !isFirst {
                repeat { state.last = state.last >= 32_767 ? 2 : state.last + 1 } while state.entries[state.last] != nil
                id = state.last
            }
            state.size += size
            state.entries[id] = Entry(
                id: id, parent: isFirst ? 0 : process.id, user: process.credentials.user, arguments: process.arguments,
                started: process.world.now(), output: process.output, errors: process.errors,
                size: size, signals: process.signals, end: end)
            return id
        }
        return id.map { Place(id: $0, end: end) }
    }

    /// Another command line for a process: after `exec`.
    package func rename(_ id: Int32, _ arguments: [String]) {
        let size = Self.size(of: arguments)
        state.withLock { state in
            guard let before = state.entries[id]?.size else { return }
            state.size += size - before
            state.entries[id]?.size = size
            state.entries[id]?.arguments = arguments
        }
    }

    private static func size(of arguments: [String]) -> Int { arguments.reduce(0) { $0 + $1.utf8.count + 16 } }

    fileprivate func remove(_ place: Place) {
        state.withLock { state in
            guard let entry = state.entries[place.id], entry.end === place.end else { return }
            state.size -= entry.size
            state.entries[place.id] = nil
        }
    }

    /// Sends a signal; nil only asks whether that would be possible. A process without a handler ends, but for number 1.
    package func send(_ signal: ProcessSignal?, to id: Int32, by user: Credentials) throws(SignalError) {
        guard let entry = entry(id) else { throw .noSuchProcess }
        guard user.user == 0 || user.user == entry.user else { throw .notPermitted }
        guard let signal else { return }
        if id == 1 {
            if signal != .kill { entry.signals.send(signal) }
        } else if signal != .kill, entry.signals.isHandled(signal) {
            entry.signals.send(signal)
        } else {
            entry.end.finish(128 + signal.rawValue)
        }
    }
}

extension Process {
    /// Runs a program as a process that has a number and can be killed; 254 if there are too many already.
    ///
    /// - Parameter isFirst: whether it is the container's own command.
    package func run(_ program: any Program, isFirst: Bool = false) async -> ExitStatus {
        guard let place = world.processes.add(self, isFirst: isFirst) else {
            await complain("\(arguments.first ?? ""): Resource temporarily unavailable")
            return ExitStatus(254)
        }
        return await run(program, as: place)
    }

    /// Runs a program as a process that has its number already.
    package func run(_ program: any Program, as place: ProcessTable.Place) async -> ExitStatus {
        defer { world.processes.remove(place) }
        var process = self
        process.id = place.id
        let started = process
        return await withTaskGroup(of: ExitStatus?.self) { group in
            group.addTask { await program.run(started) }
            group.addTask { await place.end.wait().map { ExitStatus($0) } }
            var result: ExitStatus?
            while result == nil, let next = await group.next() { result = next }
            group.cancelAll()
            await group.waitForAll()
            return result ?? .killed
        }
    }
}
