import Foundation
import NIOCore
import NIOPosix

/// The time from starting the program to its first successful answer on /readyz.
///
/// In the command, `{port}` stands for a free port and `{data}` for an empty scratch directory.
struct StartBenchmark {
    var command: [String]
    var runs: Int

    func run() async throws -> Latencies {
        var latencies = Latencies()
        for _ in 0..<runs { latencies.add(try await once()) }
        return latencies
    }

    private func once() async throws -> Duration {
        let target = Target(host: "127.0.0.1", port: try await StartBenchmark.freePort())
        let scratch = FileManager.default.temporaryDirectory.appendingPathComponent("fairlead-bench-\(UUID())")
        try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: scratch) }
        let words = command.map {
            $0.replacingOccurrences(of: "{port}", with: "\(target.port)")
                .replacingOccurrences(of: "{data}", with: scratch.appendingPathComponent("data").path)
        }
        guard let program = words.first else { throw BenchError("start wants -- PROGRAM ARGUMENTS") }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = Array(words.dropFirst())
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        let start = ContinuousClock.now
        try process.run()
        defer {
            process.terminate()
            process.waitUntilExit()
        }
        while start.duration(to: .now) < .seconds(20) {
            guard process.isRunning else { throw BenchError("\(program) ended with \(process.terminationStatus)") }
            let status = try? await Probe.with(target) { try await $0.ask("GET", "/readyz").status }
            if status == 200 { return ContinuousClock.now - start }
            try await Task.sleep(for: .milliseconds(1))
        }
        throw BenchError("\(program) was not ready within 20 s")
    }

    static func freePort() async throws -> Int {
        let listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = listener.localAddress?.port ?? 0
        try await listener.close()
        return port
    }
}
