import FairleadContainers
import FairleadModel

/// stress: takes no memory, but ends as it would if it took what it is told to.
///
/// The limit is what /sys/fs/cgroup/memory.max says.
struct Stress: Program {
    private static var options: CommandFlags.Known {
        var known = CommandFlags.Known()
        known.values = [
            "cpu": "0", "io": "0", "vm": "0", "hdd": "0", "vm-bytes": "256M", "vm-stride": "4096", "vm-hang": "",
            "timeout": "",
            "hdd-bytes": "1G", "backoff": "0",
        ]
        known.numbers = ["cpu", "io", "vm", "hdd"]
        known.booleans = ["verbose": false, "quiet": false, "vm-keep": false, "version": false, "help": false]
        known.shorthands = ["c": "cpu", "i": "io", "m": "vm", "d": "hdd", "t": "timeout", "v": "verbose", "q": "quiet"]
        return known
    }

    func run(_ process: Process) async -> ExitStatus {
        let flags: CommandFlags
        do throws(CommandFlags.UsageError) {
            flags = try CommandFlags(process.arguments1, Self.options)
        } catch {
            await process.complain("stress: FAIL: [1] (\(244)) unrecognized option: \(error.message)")
            return .failure
        }
        let kinds = ["cpu", "io", "vm", "hdd"]
        guard kinds.contains(where: { flags.number($0) > 0 }) else {
            await process.print(
                "`stress' imposes certain types of compute stress on your system\n\nUsage: stress [OPTION [ARG]] ...")
            return .success
        }
        let hogs = kinds.map { "\(flags.number($0)) \($0)" }.joined(separator: ", ")
        await process.print("stress: info: [1] dispatching hogs: \(hogs)")
        let needed = Self.bytes(flags.text("vm-bytes")) *| max(0, flags.number("vm"))
        if flags.number("vm") > 0, let limit = Self.limit(process), needed > limit {
            guard await process.sleep(for: .milliseconds(300)) else { return .killed }
            await process.print("stress: FAIL: [1] (416) <-- worker 7 got signal 9")
            await process.print("stress: WARN: [1] (418) now reaping child worker processes")
            return ExitStatus(137, reason: "OOMKilled")
        }
        let clock = process.world.clock
        let inbox = process.signals
        let limit = Self.seconds(flags.text("timeout"))
        let signal = await Deadline.run(clock, limit ?? .seconds(3_000_000_000)) { () -> ProcessSignal? in
            while let signal = await inbox.next() { if signal == .terminate || signal == .interrupt { return signal } }
            return nil
        }
        guard let signal else {
            await process.print("stress: info: [1] successful run completed in \((limit ?? .zero).components.seconds)s")
            return .success
        }
        return signal == nil ? .killed : ExitStatus(signal == .terminate ? 143 : 130)
    }

    /// `150M`, `1g`, `4096`.
    private static func bytes(_ text: String) -> Int {
        let units: [Character: Int] = ["b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30]
        let lower = text.lowercased()
        let number = Int(lower.prefix { $0.isNumber }) ?? 0
        return number *| (lower.last.flatMap { units[$0] } ?? 1)
    }

    private static func seconds(_ text: String) -> Duration? {
        let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86_400, "y": 31_536_000]
        guard let number = Int(text.prefix { $0.isNumber }) else { return nil }
        return .seconds(saturating: Double(number *| (text.last.flatMap { units[$0] } ?? 1)))
    }

    private static func limit(_ process: Process) -> Int? {
        // Without the file, or with `max`, nothing limits it.
        let text = try? process.world.files.text("/sys/fs/cgroup/memory.max")
        return text.flatMap { Int($0.prefix { $0.isNumber }) }
    }
}
