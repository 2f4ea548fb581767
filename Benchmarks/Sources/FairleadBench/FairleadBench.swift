import ArgumentParser
import Foundation

/// Loads and measures a running server, or (`decide`, `policies`) measures a model by itself. The result is one line of
/// `name=value` pairs on standard output.
@main
struct FairleadBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fairlead-bench", abstract: "Measures a running server.",
        subcommands: [
            Load.self, Watch.self, Bare.self, Rows.self, Flip.self, Scale.self, Greedy.self, Paced.self, Decide.self,
            Policies.self,
        ])

    /// Reports the progress of a long measurement.
    static func note(_ text: String) { FileHandle.standardError.write(Data("\(text)\n".utf8)) }

    /// A line of results, at once.
    static func say(_ text: String) { FileHandle.standardOutput.write(Data("\(text)\n".utf8)) }
}

struct Load: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The same request again and again, with another number in it each time.",
        discussion:
            "{n} in the path and the body is the number, {i} the same without a cycle; {n%10}, {n/10}, {ip}, {us}."
    )

    @OptionGroup var server: ServerOptions
    @Option var connections = Count(32)
    @Option(help: "How many requests.") var count: Count?
    @Option(help: "For how long, if not for so many requests.") var seconds: Count?
    @Option(help: "Requests a second, of all connections together.") var rate: Count?
    @Option var method = "GET"
    @Option var path: String
    @Option(help: "A file.") var body: String?
    @Option var contentType = "application/json"
    @Option var accept = "application/json"
    @Option(help: "The status that every answer has to have.") var status = 200
    @Option(help: "The first number.") var first = 0
    @Option(help: "After how many requests the numbers begin again.") var cycle: Count?

    func run() async throws {
        let template = RequestTemplate(
            method, path, to: server.target, contentType: contentType, accept: accept,
            body: try body.map { try String(contentsOfFile: $0, encoding: .utf8) }, first: first, cycle: cycle?.value)
        let load = LoadRun(
            target: server.target, connections: connections.value, count: count?.value, seconds: seconds?.value,
            rate: rate?.value, expectedStatus: status
        ) { template.request($0) }
        print(try await load.run().summary)
    }
}

struct Watch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Many watches; prints one line when all are open, and one when all has been delivered.")

    @OptionGroup var server: ServerOptions
    @Option var connections = Count(1_000)
    @Option(help: "{n} is the number of the connection.") var path: String
    @Option var accept = "application/json"
    @Option(help: "Events of each watch before it counts as open.") var initial = 0
    @Option(help: "Events after that, of all watches together.") var events = 0
    @Option(help: "Seconds.") var patience = Count(120)

    func run() async throws {
        let template = RequestTemplate(
            "GET", path, to: server.target, contentType: "", accept: accept, body: nil, first: 0, cycle: nil)
        let load = WatchLoad(
            connections: connections.value, target: server.target, request: { template.request($0) },
            patience: .seconds(patience.value))
        try await load.run(initial: initial, more: events) { FairleadBench.say($0) }
    }
}

struct Bare: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bare-writes",
        abstract: "Write the same bytes to many sockets: a yardstick for watches.",
        discussion: "Prints its port; begins when it reads a line, and ends when it reads another.")

    @Option var connections = Count(1_000)
    @Option var events = Count(100)
    @Option(help: "Of each event.") var bytes = Count(500)

    func run() throws {
        let writes = BareWrites(connections: connections.value, events: events.value, bytes: bytes.value)
        let (processor, elapsed) = try writes.run { FairleadBench.say($0) }
        print("cpu_s=\(processor) ms=\(Int(elapsed / .milliseconds(1)))")
    }
}

struct Rows: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Durable inserts through GRDB: a yardstick for writes.")

    @Option(help: "Where the database is made.") var directory: String
    @Option var count = Count(20_000)
    @Option var rowsPerCommit = Count(32)
    @Option(help: "Of each document.") var bytes = Count(1_000)

    func run() throws {
        let inserts = RowInserts(
            directory: directory, count: count.value, rowsPerCommit: rowsPerCommit.value, bytes: bytes.value)
        print("rows_per_second=\(Int(try inserts.run()))")
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
        print("\(latencies.summary) flips=\(latencies.count)")
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
        discussion: "Make many ConfigMaps in the namespace bench first.")

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
        print("\(latencies.summary) requests=\(latencies.count)")
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
