import FairleadContainers

/// Does nothing until a signal comes; tells which one at the end.
struct PauseCommand: AgnhostCommand {
    static let name = "pause"

    func run(_ process: Process, _ flags: CommandFlags) async -> ExitStatus {
        await process.print("Paused")
        await process.print("Signals registered")
        while let signal = await process.signals.next() {
            guard signal == .terminate || signal == .interrupt else { continue }
            let line = "exiting because of signal \"\(signal == .terminate ? "terminated" : "interrupt")\"\n"
            await process.print(String(line.dropLast()))
            let path = process.variable("TERMINATION_MESSAGE_PATH") ?? "/dev/termination-log"
            do throws(FileError) {
                try process.write(Array(line.utf8), to: path)
            } catch {
                await process.print("Error writing to \(path): open \(path): \(error.description.lowercased())")
            }
            return ExitStatus(signal == .terminate ? 2 : 1)
        }
        return .killed
    }
}
