/// A server that a lab has started for itself: it ends with the lab, however that ends.
package struct OwnServer: Sendable {
    private let thread: NamespaceThread
    private let process: LabProcess
    /// Where it answers.
    package let url: String

    /// Starts it and waits until it is ready.
    ///
    /// - Parameters:
    ///   - command: this program, `serve` and its flags.
    ///   - log: where its output goes.
    /// - Throws: `LabProblem` with what it said, if it does not start.
    package static func start(_ command: [String], log: String) async throws -> OwnServer {
        // It is told to end when this thread does.
        let thread = NamespaceThread()
        let process: LabProcess
        do {
            process = try await thread.run { try LabProcess.start(command, log: log, leadsSession: false) }
        } catch {
            await thread.shutdown()
            throw error
        }
        let clock = SuspendingClock()
        let deadline = clock.now.advanced(by: .seconds(120))
        while process.exitStatus() == nil, clock.now < deadline, !Task.isCancelled {
            let output = process.output
            if let url = url(in: output) { return OwnServer(thread: thread, process: process, url: url) }
            // Cancellation ends the loop.
            try? await clock.sleep(for: .milliseconds(50))
        }
        process.tell(15)
        await thread.shutdown()
        throw LabProblem.noServer(process.output)
    }

    /// The first address in the server's welcome, once it is complete.
    static func url(in output: String) -> String? {
        let lines = output.split(separator: "\n")
        guard lines.contains(where: { $0.hasPrefix("Kubernetes ") }) else { return nil }
        return lines.first { $0.hasPrefix("listening on ") }.map { String($0.dropFirst("listening on ".count)) }
    }

    /// Waits for its end, for at most five seconds.
    package func end() async {
        process.tell(15)
        let clock = SuspendingClock()
        let process = process
        // A cancelled task would not wait, the thread does.
        _ = try? await thread.run {
            let deadline = clock.now.advanced(by: .seconds(5))
            while process.exitStatus() == nil, clock.now < deadline { Pause.short() }
            if process.exitStatus() == nil { process.tell(9) }
        }
        await thread.shutdown()
    }
}
