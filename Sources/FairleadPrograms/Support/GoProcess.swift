import FairleadContainers

/// How Go programs that do not care about signals end.
enum GoProcess {
    /// As process 1 the signal cannot kill them, so that the runtime ends them with 2.
    static func waitForEnd(_ process: Process) async -> ExitStatus {
        while let signal = await process.signals.next() {
            if signal == .terminate || signal == .interrupt || signal == .hangUp || signal == .quit {
                return ExitStatus(2)
            }
        }
        return .killed
    }
}
