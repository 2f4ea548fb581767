import FairleadContainers
import FairleadModel
import FairleadPrograms
import Synchronization

/// What a node holds of one pod: its network, its volumes, and its containers.
///
/// A pod of idle containers has hardly anything in it until somebody asks.
final class PodSandbox: Sendable {
    /// A container that has been started.
    struct Entry: Sendable {
        var restart: Int64
        /// Whether it was running before this process did.
        var isResumed = false
        /// The ports of an idle container; nil for one that runs a program.
        var idle: IdleContainer?
        /// Whether the image is one that the simulation knows.
        var isKnown = false
        var listeners: [any Listening] = []
        /// The files and the process; nil for an idle container that nobody has asked for yet.
        var run: ContainerRun?
        /// What the run before has written.
        var previous: LogBuffer?
    }

    /// How far the end of the pod is.
    enum Ending: Hashable, Sendable { case none, stopping, stopped }

    struct State: Sendable {
        var entries: [String: Entry] = [:]
        var volumes: PodVolumes?
        var probes: [ProbeKey: ProbeState] = [:]
        var ending = Ending.none
        /// What each container has answered.
        var meters: [String: WorkMeter] = [:]
    }

    let identity: PodIdentity
    let state = Mutex(State())

    init(identity: PodIdentity) { self.identity = identity }

    func entry(_ container: String) -> Entry? { state.withLock { $0.entries[container] } }

    var ending: Ending { state.withLock { $0.ending } }

    /// The volumes, if any container has needed them.
    var volumes: PodVolumes? { state.withLock { $0.volumes } }

    func volumes(make: () -> PodVolumes) -> PodVolumes {
        state.withLock { state in
            if let present = state.volumes { return present }
            let volumes = make()
            state.volumes = volumes
            return volumes
        }
    }

    func meter(of container: String, clock: any DelayClock) -> WorkMeter {
        state.withLock { state in
            if let present = state.meters[container] { return present }
            let meter = WorkMeter(clock: clock)
            state.meters[container] = meter
            return meter
        }
    }

    /// Puts a new run in place of the one before, whose log stays, and whose ports are closed.
    func put(_ entry: Entry, _ container: String) {
        let old = state.withLock { state -> Entry? in
            let old = state.entries[container]
            var entry = entry
            entry.previous = entry.previous ?? (old?.restart == entry.restart ? old?.previous : old?.run?.console.log)
            state.entries[container] = entry
            for key in state.probes.keys where key.container == container { state.probes[key] = nil }
            return old
        }
        for port in old?.listeners ?? [] { port.close() }
        old?.run?.kill()
    }

    /// The files of an idle container that has none so far; what was faster stays.
    func materialize(_ container: String, restart: Int64, _ run: ContainerRun) -> ContainerRun {
        state.withLock { state in
            guard let entry = state.entries[container], entry.restart == restart else { return run }
            if let present = entry.run { return present }
            state.entries[container]?.run = run
            return run
        }
    }

    /// Ends everything at once.
    func close() {
        let entries = state.withLock { state -> [Entry] in
            state.ending = .stopped
            state.probes = [:]
            return Array(state.entries.values)
        }
        for entry in entries {
            for port in entry.listeners { port.close() }
            entry.run?.kill()
        }
    }

    /// Ends one idle container: its ports are closed.
    func closePorts(of container: String) {
        let ports = state.withLock { state in
            defer { state.entries[container]?.listeners = [] }
            return state.entries[container]?.listeners ?? []
        }
        for port in ports { port.close() }
    }
}
