import Foundation

/// Measures a running server. Results are one line of `name=value` pairs on standard output.
@main
struct FairleadBench {
    static let usage = """
        usage: fairlead-bench SUBCOMMAND --server http://HOST:PORT [options]
          get                GET one Service [--connections 32] [--seconds 5] [--path P: another server's file]
          create-configmaps  create ConfigMaps of 1 KB [--connections 32] [--count 20000]
          create-services    create Services [--connections 32] [--count 2000]
          apply              server-side apply of an unchanged Deployment [--connections 16] [--count 20000]
          flip               pod readiness to EndpointSlice event, needs --bare
                             [--services 1000] [--pods 10000] [--flips 400] [--connections 32]
          scale              many Services and pods, flips at a steady rate, needs --bare
                             [--services 10000] [--pods 50000] [--rate 200] [--seconds 20] [--connections 32]
                             [--pid PID of the server, to see its memory]
          greedy             what the worst of clients does: long lists, tables, large creations, without a pause
                             [--connections 16] [--seconds 10]; create-configmaps first
          paced              GET one Service at a steady pace [--connections 4] [--rate 100] [--seconds 5]
                             [--skip 1: seconds at the start that do not count]
          start              time to ready [--runs 7] -- PROGRAM ARGUMENTS with {port} and {data}
          free-port          print a port that is free now
        """

    static func main() async {
        do {
            try await run(try Arguments(Array(CommandLine.arguments.dropFirst())))
        } catch {
            FileHandle.standardError.write(Data("fairlead-bench: \(error)\n".utf8))
            exit(1)
        }
    }

    private static func run(_ arguments: Arguments) async throws {
        let connections = try arguments.number("connections", default: 32)
        switch arguments.subcommand {
        case "get":
            let service = "/api/v1/namespaces/\(Bodies.namespace)/services/measured"
            let path = arguments.text("path", default: service)
            let benchmark = GetBenchmark(
                target: try arguments.target(), path: path, seconds: try arguments.number("seconds", default: 5),
                connections: connections)
            print(try await benchmark.run(createsService: path == service).summary)
        case "create-configmaps", "create-services":
            let isServices = arguments.subcommand == "create-services"
            let benchmark = CreateBenchmark(
                target: try arguments.target(),
                count: try arguments.number("count", default: isServices ? 2_000 : 20_000), connections: connections,
                prefix: "b\(Int(Date().timeIntervalSince1970))")
            print(try await (isServices ? benchmark.services() : benchmark.configMaps()).summary)
        case "apply":
            let benchmark = ApplyBenchmark(
                target: try arguments.target(), count: try arguments.number("count", default: 20_000),
                connections: try arguments.number("connections", default: 16))
            print(try await benchmark.run().summary)
        case "flip":
            let benchmark = FlipBenchmark(
                target: try arguments.target(), services: try arguments.number("services", default: 1_000),
                pods: try arguments.number("pods", default: 10_000), flips: try arguments.number("flips", default: 400),
                connections: connections)
            let latencies = try await benchmark.run { FileHandle.standardError.write(Data("\($0)\n".utf8)) }
            print("p50_ms=\(latencies.text(0.5)) p99_ms=\(latencies.text(0.99)) flips=\(latencies.count)")
        case "scale":
            let benchmark = ScaleBenchmark(
                target: try arguments.target(), services: try arguments.number("services", default: 10_000),
                pods: try arguments.number("pods", default: 50_000),
                flipsPerSecond: try arguments.number("rate", default: 200),
                seconds: try arguments.number("seconds", default: 20), connections: connections,
                process: Int(arguments.text("pid", default: "")))
            let result = try await benchmark.run { FileHandle.standardError.write(Data("\($0)\n".utf8)) }
            print(result.summary(pods: benchmark.pods))
        case "greedy":
            let greedy = GreedyClient(
                target: try arguments.target(), connections: try arguments.number("connections", default: 16),
                seconds: try arguments.number("seconds", default: 10))
            print("requests=\(await greedy.run())")
        case "paced":
            let reads = PacedReads(
                target: try arguments.target(), connections: try arguments.number("connections", default: 4),
                rate: try arguments.number("rate", default: 100), seconds: try arguments.number("seconds", default: 5),
                skipped: try arguments.number("skip", default: 1))
            let latencies = try await reads.run()
            print("p50_ms=\(latencies.text(0.5)) p99_ms=\(latencies.text(0.99)) requests=\(latencies.count)")
        case "start":
            let latencies = try await StartBenchmark(
                command: arguments.command, runs: try arguments.number("runs", default: 7)
            ).run()
            print("median_ms=\(latencies.text(0.5)) worst_ms=\(latencies.text(1)) runs=\(latencies.count)")
        case "free-port":
            print(try await StartBenchmark.freePort())
        default:
            throw BenchError(usage)
        }
    }
}
