import ArgumentParser
import Foundation

/// Measures a running server, or (`decide`, `policies`) a model by itself. The result is one line of `name=value` pairs on
/// standard output.
@main
struct FairleadBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fairlead-bench", abstract: "Measures a running server.",
        subcommands: [
            Get.self, CreateConfigMaps.self, CreateServices.self, Apply.self, Flip.self, Scale.self, Greedy.self,
            Paced.self, Start.self, Decide.self, Policies.self, FreePort.self,
        ])

    /// Reports the progress of a long measurement.
    static func note(_ text: String) { FileHandle.standardError.write(Data("\(text)\n".utf8)) }
}

struct Get: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "GET one Service, or a file of another server.")

    @OptionGroup var server: ServerOptions
    @Option var connections = Count(32)
    @Option var seconds = Count(5)
    @Option(help: "Of another server's file.") var path: String?

    func run() async throws {
        let benchmark = GetBenchmark(
            target: server.target, path: path ?? "/api/v1/namespaces/\(Bodies.namespace)/services/measured",
            seconds: seconds.value, connections: connections.value)
        print(try await benchmark.run(createsService: path == nil).summary)
    }
}

struct CreateConfigMaps: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create-configmaps", abstract: "Create ConfigMaps of 1 KB.")

    @OptionGroup var server: ServerOptions
    @Option var connections = Count(32)
    @Option var count = Count(20_000)

    func run() async throws {
        let benchmark = CreateBenchmark(server.target, count: count.value, connections: connections.value)
        print(try await benchmark.configMaps().summary)
    }
}

struct CreateServices: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "create-services", abstract: "Create Services.")

    @OptionGroup var server: ServerOptions
    @Option var connections = Count(32)
    @Option var count = Count(2_000)

    func run() async throws {
        let benchmark = CreateBenchmark(server.target, count: count.value, connections: connections.value)
        print(try await benchmark.services().summary)
    }
}

struct Apply: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Server-side apply of an unchanged Deployment.")

    @OptionGroup var server: ServerOptions
    @Option var connections = Count(16)
    @Option var count = Count(20_000)

    func run() async throws {
        let benchmark = ApplyBenchmark(target: server.target, count: count.value, connections: connections.value)
        print(try await benchmark.run().summary)
    }
}

struct Flip: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "From a pod's readiness to the event of its EndpointSlice; needs --bare.")

    @OptionGroup var server: ServerOptions
    @Option var services = Count(1_000)
    @Option var pods = Count(10_000)
    @Option var flips = Count(400)
    @Option var connections = Count(32)

    func run() async throws {
        let benchmark = FlipBenchmark(
            target: server.target, services: services.value, pods: pods.value, flips: flips.value,
            connections: connections.value)
        let latencies = try await benchmark.run { FairleadBench.note($0) }
        print("p50_ms=\(latencies.text(0.5)) p99_ms=\(latencies.text(0.99)) flips=\(latencies.count)")
    }
}

struct Scale: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Many Services and pods, flips at a steady rate; needs --bare.")

    @OptionGroup var server: ServerOptions
    @Option var services = Count(10_000)
    @Option var pods = Count(50_000)
    @Option(help: "Flips a second.") var rate = Count(200)
    @Option var seconds = Count(20)
    @Option var connections = Count(32)
    @Option(help: "The server's process, to see its memory.") var pid: Int?

    func run() async throws {
        let benchmark = ScaleBenchmark(
            target: server.target, services: services.value, pods: pods.value, flipsPerSecond: rate.value,
            seconds: seconds.value, connections: connections.value, process: pid)
        print(try await benchmark.run { FairleadBench.note($0) }.summary(pods: benchmark.pods))
    }
}

struct Greedy: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "What the worst of clients does: long lists, tables, large creations, without a pause.",
        discussion: "create-configmaps first.")

    @OptionGroup var server: ServerOptions
    @Option var connections = Count(16)
    @Option var seconds = Count(10)

    func run() async throws {
        let greedy = GreedyClient(
            target: server.target, connections: connections.value, seconds: seconds.value)
        print("requests=\(await greedy.run())")
    }
}

struct Paced: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "GET one Service at a steady pace.")

    @OptionGroup var server: ServerOptions
    @Option var connections = Count(4)
    @Option(help: "Requests a second of each connection.") var rate = Count(100)
    @Option var seconds = Count(5)
    @Option(help: "Seconds at the start that do not count.") var skip = Count(1)

    func run() async throws {
        let reads = PacedReads(
            target: server.target, connections: connections.value, rate: rate.value, seconds: seconds.value,
            skipped: skip.value)
        let latencies = try await reads.run()
        print("p50_ms=\(latencies.text(0.5)) p99_ms=\(latencies.text(0.99)) requests=\(latencies.count)")
    }
}

struct Start: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Time from starting a program to ready.")

    @Option var runs = Count(7)
    @Argument(
        parsing: .postTerminator, help: "The program and its arguments, behind --, with {port} and {data}.")
    var command: [String] = []

    func run() async throws {
        let latencies = try await StartBenchmark(command: command, runs: runs.value).run()
        print("median_ms=\(latencies.text(0.5)) worst_ms=\(latencies.text(1)) runs=\(latencies.count)")
    }
}

struct Decide: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Decisions of the routing model, by the way that packets take; needs no server.")

    @Option var services = Count(10_000)
    @Option(help: "Of each Service.") var endpoints = Count(5)
    @Option var nodes = Count(100)
    @Option(help: "Packets of each kind.") var packets = Count(20_000)

    func run() throws {
        let cluster = DecisionCluster(services: services.value, endpoints: endpoints.value, nodes: nodes.value)
        let benchmark = DecisionBenchmark(cluster: cluster, count: packets.value) { FairleadBench.note($0) }
        print(try benchmark.run())
    }
}

struct Policies: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "What admission policies add to a request; needs no server.")

    @Option var requests = Count(20_000)

    func run() throws { print(PolicyBenchmark(count: requests.value).run()) }
}

struct FreePort: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "free-port", abstract: "Print a port that is free now.")

    func run() async throws { print(try await StartBenchmark.freePort()) }
}
