import FairleadModel
import Testing

@testable import FairleadContainers

struct HostResolverTests {
    private static let start = Timestamp(seconds: 1_796_000_000)

    private static func world(hosts: String, resolver: String) throws -> ContainerWorld {
        let files = ContainerFiles(root: FileTree(modified: start), now: { start })
        try files.makeDirectory("/etc", as: .root)
        try files.write(Array(hosts.utf8), to: "/etc/hosts", as: .root)
        try files.write(Array(resolver.utf8), to: "/etc/resolv.conf", as: .root)
        let known = [
            "web.default.svc.cluster.local": "10.96.0.7", "web": "10.0.0.9", "a.b.c.d.e.f": "10.0.0.10",
            "example.com": "93.184.216.34",
        ]
        let network = LoopbackNetwork { question in
            if question.name.hasPrefix("broken") { return NameReply(status: "SERVFAIL", answers: []) }
            if question.name.hasPrefix("silent") { return nil }
            guard let data = known[question.name] else { return NameReply(status: "NXDOMAIN", answers: []) }
            let record = NameReply.Record(name: question.name + ".", type: "A", seconds: 30, data: data)
            return NameReply(status: "NOERROR", answers: question.type == "A" ? [record] : [])
        }
        return ContainerWorld(
            namespace: "default", pod: "p", podUID: "u", node: "n", container: "c", image: "i", hostname: "p",
            files: files, network: network, clock: SystemDelayClock(), now: { start }, commands: NoCommands(),
            tasks: TaskKeeper())
    }

    private struct NoCommands: CommandTable {
        func program(for process: Process) throws(LaunchError) -> any Program { throw .notFound("") }
        func program(named name: String) -> (any Program)? { nil }
    }

    private static let hosts = "127.0.0.1\tlocalhost # here\n10.1.2.3\tpod-0.sub.ns Pod-0\n#10.9.9.9 none\n"
    private static let cluster =
        "search default.svc.cluster.local svc.cluster.local\nnameserver 10.96.0.10\noptions ndots:5 timeout:1\n"

    @Test(arguments: [
        ("10.0.0.1", ["10.0.0.1"]), ("fd00::1", ["fd00::1"]), ("[fd00::1]", ["fd00::1"]), ("localhost", ["127.0.0.1"]),
        ("pod-0", ["10.1.2.3"]), ("pod-0.sub.ns", ["10.1.2.3"]), ("web", ["10.96.0.7"]), ("web.", ["10.0.0.9"]),
        ("web.default", ["10.96.0.7"]), ("example.com", ["93.184.216.34"]), ("a.b.c.d.e.f", ["10.0.0.10"]),
    ])
    func findsAddresses(name: String, expected: [String]) async throws {
        let resolver = HostResolver(try Self.world(hosts: Self.hosts, resolver: Self.cluster))
        #expect(try await resolver.addresses(of: name).map(\.description) == expected)
    }

    @Test(arguments: [
        ("nobody", NetworkError.nameNotFound("nobody")), ("none", .nameNotFound("none")), ("", .nameNotFound("")),
        ("broken", .nameFailure("broken.default.svc.cluster.local")),
        ("silent", .nameFailure("silent.default.svc.cluster.local")),
        (String(repeating: "a", count: 300), .nameNotFound(String(repeating: "a", count: 300))),
    ])
    func saysWhatIsWrong(name: String, error: NetworkError) async throws {
        let resolver = HostResolver(try Self.world(hosts: Self.hosts, resolver: Self.cluster))
        await #expect(throws: error) { try await resolver.addresses(of: name) }
    }

    @Test func withoutServersNobodyIsAsked() async throws {
        let resolver = HostResolver(try Self.world(hosts: "", resolver: "# empty\nnameserver x\noptions ndots:99\n"))
        #expect(resolver.configuration.servers.isEmpty && resolver.configuration.dots == 15)
        await #expect(throws: NetworkError.nameFailure("web")) { try await resolver.addresses(of: "web") }
    }

    @Test(arguments: [
        ("web", ["web.a", "web.b", "web"]), ("web.x", ["web.x", "web.x.a", "web.x.b"]), ("web.", ["web"]),
    ])
    func searchesInOrder(name: String, expected: [String]) {
        let configuration = HostResolver.Configuration("search a b\noptions ndots:1\n")
        #expect(HostResolver.candidates(for: name, configuration) == expected)
    }
}
