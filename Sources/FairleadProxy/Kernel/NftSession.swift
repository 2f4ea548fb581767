import NIOCore
import Synchronization

/// nft, started once and kept for small changes; large ones get a process of their own (docs/decisions/proxy.md).
///
/// One caller at a time.
package final class NftSession: RuleKernel {
    private struct State {
        var running: Program.Running?
        var lines = 0
    }

    /// A longer line is read by nft byte by byte for longer than a process takes to start.
    private static let longest = 32 << 10
    /// nft keeps the lines that it was given, and looks through them: it is replaced before that costs anything.
    private static let mostLines = 500
    private static let patience = TimeAmount.seconds(30)

    private let program: Program
    private let state = Mutex(State())

    package init(_ program: Program) { self.program = program }

    package func load(_ script: String) async throws(KernelRefusal) {
        let outcome: Program.Outcome
        do {
            outcome = try await program.run(["-f", "-"], input: script)
        } catch {
            throw KernelRefusal("nft cannot be run: \(error)")
        }
        guard outcome.status == 0 else { throw KernelRefusal(outcome.output) }
    }

    /// Has the kernel look at rules of every kind that we use, without keeping any.
    package func check() async throws(KernelRefusal) {
        let outcome: Program.Outcome
        do {
            outcome = try await program.run(["-c", "-f", "-"], input: Skeleton.sample)
        } catch {
            throw KernelRefusal("nft cannot be run: \(error)")
        }
        guard outcome.status == 0 else { throw KernelRefusal(outcome.output) }
    }

    /// Takes everything away that was ever loaded or applied; there need not be anything.
    package func removeTable() async throws(KernelRefusal) { try await load(Skeleton.removal) }

    package func apply(_ line: String) async throws(KernelRefusal) {
        guard line.utf8.count <= Self.longest else { return try await load(line + "\n") }
        let running = try await session()
        let answer = running.channel.eventLoop.makePromise(of: String.self)
        let timeout = running.channel.eventLoop.scheduleTask(in: Self.patience) { running.kill() }
        defer { timeout.cancel() }
        let objections: String
        do {
            running.channel.writeAndFlush(NftDialogue.Question(line: line, answer: answer))
                .cascadeFailure(to: answer)
            objections = try await answer.futureResult.get()
        } catch {
            end()
            throw error as? KernelRefusal ?? KernelRefusal("\(error)")
        }
        guard objections.isEmpty else { throw KernelRefusal(objections) }
    }

    package func close() async { end() }

    private func session() async throws(KernelRefusal) -> Program.Running {
        let known = state.withLock { state -> Program.Running? in
            state.lines += 1
            return state.lines <= Self.mostLines ? state.running : nil
        }
        if let known, known.channel.isActive { return known }
        end()
        do {
            let running = try await program.start(["-i"]) { ended in NftDialogue(ended: ended) }
            state.withLock { $0 = State(running: running, lines: 1) }
            return running
        } catch {
            throw KernelRefusal("nft cannot be started: \(error)")
        }
    }

    /// nft ends when its input does.
    private func end() {
        let running = state.withLock { state in
            defer { state.running = nil }
            return state.running
        }
        running?.channel.close(promise: nil)
    }
}
