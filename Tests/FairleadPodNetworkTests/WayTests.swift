import FairleadContainers
import FairleadModel
import Testing

@testable import FairleadPodNetwork

/// Who answers, and whom it sees: one line for each way through a small cluster.
struct WayTests {
    private static let cluster = """
        node n1 192.0.2.1,fd00:2::1
        node n2 192.0.2.2
        pod client 10.244.1.9,fd00:244::9 n1
        pod a 10.244.1.5,fd00:244::5 n1 listens=8080,9090,8080/UDP ports=8080
        pod b 10.244.2.5 n2 listens=8080,8080/UDP
        pod host 192.0.2.2 n2 host listens=7000,7000/UDP
        pod out 10.244.2.6 n2 publishes=5000:8080,192.0.2.2@5001:8080,127.0.0.1@5002:8080,5000:8080/UDP \
        listens=8080,8080/UDP
        service web 10.96.0.10,fd00:96::10 port=80@30080 port=dns:53/UDP@30053 external=198.51.100.1 vip=203.0.113.1
        slice web ports=8080,dns:8080/UDP
        endpoint 10.244.1.5 node=n1 pod=a
        slice web ports=8080 family=IPv6
        endpoint fd00:244::5 node=n1 pod=a
        service b 10.96.0.11 port=80@30081 etp=Local itp=Local
        slice b ports=8080
        endpoint 10.244.2.5 node=n2 pod=b
        service none 10.96.0.12 port=80@30082 port=dns:53/UDP
        service going 10.96.0.13 port=80
        slice going ports=8080
        endpoint 10.244.2.5 node=n2 pod=b serving-terminating
        endpoint 10.244.1.5 node=n1 pod=a notready
        service hostly 10.96.0.14 port=80
        slice hostly ports=7000
        endpoint 192.0.2.2 node=n2 pod=host
        service manual 10.96.0.15 port=80
        slice manual ports=8080
        endpoint 198.51.100.99
        """

    @Test(arguments: [
        // Pods and nodes, by their own addresses. What is declared does not matter, what listens does.
        "pod/client > 10.244.2.5:8080 : b sees 10.244.1.9",
        "pod/client > 10.244.1.5:9090 : a sees 10.244.1.9",
        "pod/client > [fd00:244::5]:8080 : a sees fd00:244::9",
        "pod/client > 10.244.2.5:81 : Connection refused",
        "pod/client > 10.244.9.9:80 : No route to host",
        "pod/b > [fd00:244::5]:8080 : No route to host",
        "pod/a > 10.244.1.5:8080 : a sees 10.244.1.5",
        "node/n1 > 10.244.2.5:8080 : b sees 192.0.2.1",
        "api > 10.244.2.5:8080 : b sees 172.18.0.1",
        "pod/client > 192.0.2.2:7000 : host sees 10.244.1.9",
        "node/n2 > 192.0.2.2:7000 : host sees 192.0.2.2",
        "outside/203.0.113.9 > 192.0.2.2:7000 : host sees 203.0.113.9",
        "pod/client > 192.0.2.1:7000 : Connection refused",
        "outside/203.0.113.9 > 10.244.2.5:8080 : No route to host",
        "pod/client > 8.8.8.8:443 : Connection timed out",
        // Cluster IPs.
        "pod/client > 10.96.0.10:80 : a sees 10.244.1.9",
        "pod/client > [fd00:96::10]:80 : a sees fd00:244::9",
        "pod/a > 10.96.0.10:80 : a sees 192.0.2.1",
        "pod/host > 10.96.0.10:80 : a sees 192.0.2.2",
        "node/n1 > 10.96.0.10:80 : a sees 192.0.2.1",
        "api > 10.96.0.10:80 : a sees 172.18.0.1",
        "pod/client > 10.96.0.10:81 : Connection refused",
        "pod/client > 10.96.0.99:80 : Connection timed out",
        "outside/203.0.113.9 > 10.96.0.10:80 : No route to host",
        "pod/client > 10.96.0.12:80 : Connection refused",
        "pod/client > 10.96.0.13:80 : b sees 10.244.1.9",
        "pod/client > 10.96.0.14:80 : host sees 10.244.1.9",
        "pod/client > 10.96.0.15:80 : Connection timed out",
        // Policies.
        "pod/out > 10.96.0.11:80 : b sees 10.244.2.6",
        "node/n2 > 10.96.0.11:80 : b sees 192.0.2.2",
        "pod/client > 10.96.0.11:80 : Connection timed out",
        "api > 10.96.0.11:80 : Connection timed out",
        "outside/203.0.113.9 > 192.0.2.2:30081 : b sees 203.0.113.9",
        "outside/203.0.113.9 > 192.0.2.1:30081 : Connection timed out",
        "pod/client > 192.0.2.1:30081 : b sees 10.244.1.9",
        // Node ports, external IPs, load balancers.
        "outside/203.0.113.9 > 192.0.2.2:30080 : a sees 192.0.2.2",
        "pod/client > 192.0.2.2:30080 : a sees 192.0.2.2",
        "node/n1 > 192.0.2.2:30080 : a sees 192.0.2.2",
        "outside/203.0.113.9 > 192.0.2.1:30082 : Connection refused",
        "pod/client > 198.51.100.1:80 : a sees 192.0.2.1",
        "pod/client > 203.0.113.1:80 : a sees 192.0.2.1",
        "node/n2 > 203.0.113.1:80 : a sees 192.0.2.2",
        "node/n2 > 203.0.113.1:81 : No route to host",
        // Published ports: of every address, of one, of loopback.
        "pod/client > 192.0.2.2:5000 : out sees 10.244.1.9",
        "outside/203.0.113.9 > 192.0.2.2:5000 : out sees 203.0.113.9",
        "node/n2 > 127.0.0.1:5000 : out sees 192.0.2.2",
        "pod/host > 127.0.0.1:5000 : out sees 192.0.2.2",
        "node/n2 > 192.0.2.2:5001 : out sees 192.0.2.2",
        "node/n2 > 127.0.0.1:5001 : Connection refused",
        "node/n2 > 127.0.0.1:5002 : out sees 192.0.2.2",
        "pod/client > 192.0.2.2:5002 : Connection refused",
        "pod/client > 192.0.2.1:5000 : Connection refused",
        "pod/out > 192.0.2.2:5000 : out sees 192.0.2.2",
        // Loopback stays at home.
        "pod/a > 127.0.0.1:8080 : a sees 127.0.0.1",
        "pod/a > [::1]:8080 : a sees ::1",
        "pod/a > 0.0.0.0:8080 : a sees 127.0.0.1",
        "pod/client > 127.0.0.1:8080 : Connection refused",
        "pod/client > 127.0.0.1:5000 : Connection refused",
        "node/n2 > 127.0.0.1:7000 : host sees 127.0.0.1",
        "node/n2 > 127.0.0.1:30080 : Connection refused",
        // UDP.
        "pod/client > 10.244.2.5:8080/UDP : b sees 10.244.1.9",
        "pod/client > 10.96.0.10:53/UDP : a sees 10.244.1.9",
        "pod/a > 10.96.0.10:53/UDP : a sees 192.0.2.1",
        "outside/203.0.113.9 > 192.0.2.2:30053/UDP : a sees 192.0.2.2",
        "pod/client > 10.96.0.12:53/UDP : Connection refused",
        "pod/client > 10.244.2.5:81/UDP : Connection refused",
        "pod/client > 10.96.0.99:53/UDP : Connection timed out",
        "pod/client > 192.0.2.2:5000/UDP : out sees 10.244.1.9",
        "node/n2 > 127.0.0.1:5000/UDP : out sees 192.0.2.2",
        "pod/client > 192.0.2.2:7000/UDP : host sees 10.244.1.9",
        "pod/a > 127.0.0.1:8080/UDP : a sees 127.0.0.1",
    ])
    func packetsTakeTheirWay(line: String) async throws {
        let arrow = try #require(line.firstRange(of: " > "))
        let colon = try #require(line.firstRange(of: " : "))
        let wanted = String(line[colon.upperBound...])
        let cluster = try TestCluster(Self.cluster)
        let found = await cluster.ask(
            String(line[..<arrow.lowerBound]), String(line[arrow.upperBound..<colon.lowerBound]),
            expectsTimeOut: wanted == "\(NetworkError.timedOut)")
        #expect(found == wanted)
    }

    @Test func podsLeaveTheClusterWithTheAddressOfTheirNode() async throws {
        let cluster = try TestCluster(Self.cluster)
        try TestCluster.answer("world", cluster.stack("outside/203.0.113.9"), 443)
        #expect(await cluster.ask("pod/client", "203.0.113.9:443") == "world sees 192.0.2.1")
        #expect(await cluster.ask("node/n2", "203.0.113.9:443") == "world sees 192.0.2.2")
    }

    @Test func aSourceIsOneOfTheNamespace() async throws {
        let cluster = try TestCluster(Self.cluster)
        let own = try #require(IPAddress("192.0.2.2"))
        #expect(await cluster.ask("node/n2", "127.0.0.1:7000", from: own) == "host sees 192.0.2.2")
        #expect(await cluster.ask("node/n2", "127.0.0.1:5002", from: own) == "out sees 192.0.2.2")
        #expect(await cluster.ask("pod/b", "10.244.1.5:8080", from: own) == "Cannot assign requested address")
    }

    @Test func aDropLastsAsLongAsTheClientWaits() async throws {
        let cluster = try TestCluster(Self.cluster)
        let stack = cluster.stack("pod/client")
        let destination = TestCluster.address("10.96.0.99:80")
        async let result: NetworkError? = {
            do throws(NetworkError) { _ = try await stack.connect(to: destination, within: .seconds(3)) } catch {
                return error
            }
            return nil
        }()
        await cluster.clock.waitForSleeper()
        cluster.clock.advance(by: .milliseconds(2999))
        #expect(cluster.clock.sleeperCount == 1)
        cluster.clock.advance(by: .milliseconds(1))
        #expect(await result == .timedOut)
    }

    @Test func aClientThatIsCancelledWaitsNoLonger() async throws {
        let cluster = try TestCluster(Self.cluster)
        let stack = cluster.stack("pod/client")
        let destination = TestCluster.address("10.96.0.99:80")
        let error = await withTaskGroup(of: NetworkError?.self) { group in
            group.addTask {
                do throws(NetworkError) { _ = try await stack.connect(to: destination, within: .seconds(3)) } catch {
                    return error
                }
                return nil
            }
            await cluster.clock.waitForSleeper()
            group.cancelAll()
            return await group.next() ?? nil
        }
        #expect(error == .cancelled)
    }

    @Test func programsOnANodeAreFoundByAllItsAddresses() async throws {
        let cluster = try TestCluster(Self.cluster.replacing("n2 192.0.2.2", with: "n2 192.0.2.2,198.51.100.2"))
        let bare = PodNetwork(routing: cluster.routing, clock: cluster.clock, now: { Timestamp(seconds: 0) })
        try TestCluster.answer(
            "host", bare.stack(ofHostPod: "host", node: "n2", addresses: [try #require(IPAddress("192.0.2.2"))]), 7000)
        let connection = try await bare.stackOutside(try #require(IPAddress("203.0.113.9")))
            .connect(to: TestCluster.address("198.51.100.2:7000"), within: .seconds(1))
        #expect(await connection.input.all(limit: 100)?.count == "host sees 203.0.113.9".utf8.count)
    }

    /// Swift 6.3 miscompiles asynchronous functions that get values aligned to 16 bytes.
    @Test func addressesAreNotAlignedLikeLargeNumbers() {
        #expect(MemoryLayout<IPAddress>.alignment <= 8 && MemoryLayout<NetworkAddress>.alignment <= 8)
    }

    @Test func aPodSendsBeforeItsStatusHasAnAddress() async throws {
        let cluster = try TestCluster(Self.cluster)
        let early = cluster.network.stack(
            ofPod: "early", addresses: [try #require(IPAddress("10.244.1.77"))], node: "n1")
        try TestCluster.answer("early", early, 80)
        let connection = try await early.connect(to: TestCluster.address("10.96.0.10:80"), within: .seconds(1))
        let answer = await connection.input.all(limit: 100)
        #expect(answer.map { String(decoding: $0, as: UTF8.self) } == "a sees 10.244.1.77")
        #expect(await cluster.ask("pod/client", "10.244.1.77:80") == "early sees 10.244.1.9")
    }
}
