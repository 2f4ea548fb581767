import FairleadContainers
import FairleadModel
import Testing

@testable import FairleadPodNetwork

/// Which questions get to the cluster's name service, and what becomes of the others.
struct NameTests {
    private static let text = """
        node n1 192.0.2.1
        pod client 10.244.1.9 n1
        pod listener 10.244.1.8 n1 listens=53/UDP
        pod kube-system/coredns 10.244.1.53 n1 ports=53/UDP,53
        service kube-system/kube-dns 10.96.0.10 port=dns:53/UDP port=dns-tcp:53 port=metrics:9153
        slice kube-system/kube-dns ports=dns:53/UDP,dns-tcp:53,metrics:9153
        endpoint 10.244.1.53 node=n1 pod=coredns
        service empty 10.96.0.11 port=53/UDP
        """

    /// Answers with the server and the client; questions for `silence` get no answer.
    private static let asker: PodNetwork.NameAsker = { question, server, from, overTCP in
        if question.name == "silence" { return nil }
        let data = "\(server) \(from) \(overTCP ? "TCP" : "UDP")"
        return NameReply(
            status: "NOERROR", answers: [.init(name: question.name, type: question.type, seconds: 5, data: data)])
    }

    private static func ask(
        _ stack: any NetworkStack, _ name: String, _ server: String, overTCP: Bool, within limit: Duration = .zero
    ) async -> String {
        do throws(NetworkError) {
            let reply = try await stack.ask(
                NameQuestion(name), server: TestCluster.address(server), overTCP: overTCP, within: limit)
            return reply.answers.first?.data ?? ""
        } catch { return "\(error)" }
    }

    @Test(arguments: [
        ("pod/client", "web", "10.96.0.10:53", "10.96.0.10:53 10.244.1.9"),
        ("node/n1", "web", "10.96.0.10:53", "10.96.0.10:53 192.0.2.1"),
        ("pod/client", "web", "10.244.1.53:53", "10.244.1.53:53 10.244.1.9"),
        ("pod/client", "silence", "10.96.0.10:53", "Connection timed out"),
        ("pod/client", "web", "10.96.0.10:54", "Connection refused"),
        ("pod/client", "web", "10.96.0.99:53", "Connection timed out"),
        ("pod/client", "web", "1.1.1.1:53", "Connection timed out"),
        ("pod/client", "web", "10.244.1.9:53", "Connection refused"),
        ("pod/client", "web", "127.0.0.1:53", "Connection refused"),
        ("pod/client", "web", "[fd00::10]:53", "No route to host"),
    ])
    func questions(source: String, name: String, server: String, wanted: String) async throws {
        let cluster = try TestCluster(Self.text, names: Self.asker)
        for overTCP in [false, true] {
            // An answer is awaited; that there is none is known at once.
            let limit: Duration = wanted == "Connection timed out" ? .zero : .seconds(5)
            let found = await Self.ask(cluster.stack(source), name, server, overTCP: overTCP, within: limit)
            #expect(found == (wanted.contains(":53 ") ? wanted + (overTCP ? " TCP" : " UDP") : wanted))
        }
        #expect(cluster.network.openCount == 0)
        #expect(cluster.network.state.withLock { $0.connections.count } == 0)
    }

    @Test func whatListensButIsNoNameServerIsSilent() async throws {
        let cluster = try TestCluster(Self.text, names: Self.asker)
        let stack = cluster.stack("pod/client")
        #expect(await Self.ask(stack, "web", "10.244.1.8:53", overTCP: false) == "Connection timed out")
        #expect(await Self.ask(stack, "web", "10.244.1.8:53", overTCP: true) == "Connection refused")
        #expect(await Self.ask(stack, "web", "10.96.0.11:53", overTCP: false) == "Connection refused")
        #expect(await Self.ask(stack, "web", "10.96.0.10:9153", overTCP: true) == "Connection refused")
    }

    @Test func withoutEndpointsTheNameServiceRefuses() async throws {
        let cluster = try TestCluster(Self.text, names: Self.asker)
        cluster.routing.suppose("pod/kube-system/coredns=Gone")
        cluster.routing.change { $0.removeSlice(ObjectName(namespace: "kube-system", name: "kube-dns-0")) }
        #expect(
            await Self.ask(cluster.stack("pod/client"), "web", "10.96.0.10:53", overTCP: false) == "Connection refused")
    }

    @Test func aSlowNameServerIsNotWaitedForLonger() async throws {
        let cluster = try TestCluster(
            Self.text,
            names: { _, _, _, _ in
                // Until it is cancelled.
                try? await Task.sleep(for: .seconds(3600))
                return nil
            })
        let stack = cluster.stack("pod/client")
        async let error = #expect(throws: NetworkError.self) {
            try await stack.ask(
                NameQuestion("web"), server: TestCluster.address("10.96.0.10:53"), overTCP: false, within: .seconds(5))
        }
        await cluster.clock.waitForSleeper()
        cluster.clock.advance(by: .seconds(5))
        #expect(await error == .timedOut)
    }
}
