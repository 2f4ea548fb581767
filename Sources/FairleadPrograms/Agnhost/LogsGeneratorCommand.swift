import FairleadContainers
import FairleadModel

/// Writes a number of log lines, evenly over a time.
struct LogsGeneratorCommand: AgnhostCommand {
    static let name = "logs-generator"

    static var options: CommandFlags.Known {
        var known = CommandFlags.Known()
        known.values = ["log-lines-total": "0", "run-duration": "0"]
        known.numbers = ["log-lines-total"]
        known.shorthands = ["t": "log-lines-total", "d": "run-duration"]
        return known
    }

    func run(_ process: Process, _ flags: CommandFlags) async -> ExitStatus {
        let total = flags.number("log-lines-total")
        // What is no duration is none, which is refused.
        let limit = (try? GoDuration.parse(flags.text("run-duration"))) ?? .zero
        func refuse(_ why: String) async -> ExitStatus {
            let prefix = GoText.klogPrefix(process.world.now(), "logs_generator.go:62", level: "F")
            await process.complain(prefix + why)
            return ExitStatus(255)
        }
        guard total > 0 else { return await refuse("Invalid total number of lines: \(total)") }
        guard limit > .zero else { return await refuse("Invalid duration: \(GoText.duration(limit))") }
        var random = SplitMix64(seed: UInt64(bitPattern: process.world.now().seconds))
        // However many lines are wanted, a core is not kept busy with them.
        let step = max(limit / total, .microseconds(200))
        var due = process.world.clock.now
        for number in 0..<total {
            if number > 0 {
                due += step
                await process.world.clock.sleep(until: due)
            }
            if Task.isCancelled { return .killed }
            while let signal = process.signals.poll() {
                if signal == .terminate || signal == .interrupt { return ExitStatus(2) }
            }
            let prefix = GoText.klogPrefix(process.world.now(), "logs_generator.go:76")
            await process.complain(prefix + Self.line(number, &random))
        }
        return .success
    }

    static func line(_ number: Int, _ random: inout SplitMix64) -> String {
        func pick(_ texts: [String]) -> String { texts[Int(random.next() % UInt64(texts.count))] }
        let method = pick(["GET", "POST", "PUT"])
        let namespace = pick(["kube-system", "default", "ns"])
        let letters = (0..<(3 + Int(random.next() % 2))).map { _ in
            String(UnicodeScalar(UInt8(ascii: "a") + UInt8(random.next() % 26)))
        }
        let status = 200 + random.next() % 400
        return "\(number) \(method) /api/v1/namespaces/\(namespace)/pods/\(letters.joined()) \(status)"
    }
}
