import FairleadClient
import FairleadClientTesting
import FairleadControllers
import FairleadHTTP
import FairleadModel
import FairleadRemote
import FairleadServer
import Synchronization
import Testing

/// Reflectors and informers on another server: a whole one of this program, and one that misbehaves.
struct RemoteInformerTests {
    /// Runs a whole server with its data in that file, on that port, while `body` works.
    private func withFairlead(
        data: ServerConfiguration.DataLocation = .memory, port: Int = 0, _ body: (Int) async throws -> Void
    ) async throws {
        var configuration = ServerConfiguration(
            listen: [try #require(HTTPAddress("127.0.0.1:\(port)"))], data: data,
            serviceClusterIPRanges: [try #require(CIDR("10.96.0.0/16"))],
            loadBalancerPools: [try LoadBalancerPool("172.18.255.0/24")],
            podCIDRs: [try #require(CIDR("10.244.0.0/16"))])
        configuration.isBare = true
        configuration.kubeconfig = .nowhere
        let (ready, announcement) = AsyncStream<HTTPAddress>.makeStream()
        let server = FairleadServer(configuration: configuration, environment: .live) { addresses, _ in
            if let first = addresses.first { announcement.yield(first) }
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { announcement.finish() }
                try await server.run()
            }
            guard let address = await ready.first(where: { _ in true }) else {
                try await group.waitForAll()
                throw Timeout()
            }
            do {
                try await body(address.port)
            } catch {
                group.cancelAll()
                throw error
            }
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    private func remote(_ port: Int) throws -> RemoteServer {
        RemoteServer(url: try ServerURL("http://127.0.0.1:\(port)"))
    }

    private func service(_ name: String) -> Value {
        [
            "apiVersion": "v1", "kind": "Service", "metadata": ["name": .string(name)],
            "spec": ["ports": [["port": 80]]],
        ]
    }

    /// What an informer has told, for its namespace `default`.
    private final class Told: Sendable {
        private let state = Mutex([String]())

        var texts: [String] { state.withLock { $0 } }

        func add(_ change: ObjectChange) {
            let verb = change.isDeletion ? "-" : change.isAddition ? "+" : "~"
            let label = change.latest?.labels["step"].map { " " + $0 } ?? ""
            if change.name.namespace == "default", change.name.name != "kubernetes" {
                state.withLock { $0.append(verb + change.name.name + label) }
            }
        }
    }

    /// Runs an informer of services while `body` works.
    private func following(
        _ client: RemoteClient, _ body: (Informer, Told) async throws -> Void
    ) async throws {
        let informers = InformerSet(client: client)
        let informer = informers.informer(.services)
        let told = Told()
        informer.addHandler { told.add($0) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await informers.run() }
            await informer.waitForSync()
            do {
                try await body(informer, told)
            } catch {
                group.cancelAll()
                throw error
            }
            group.cancelAll()
        }
    }

    @Test func changesAreSeenInOrder() async throws {
        try await withFairlead { port in
            try await withClient(remote(port)) { client in
                _ = try await client.create(.services, namespace: "default", service("before"))
                try await following(client) { informer, told in
                    #expect(informer.lister.get(namespace: "default", name: "kubernetes") != nil)
                    #expect(told.texts == ["+before"])
                    let made = try await client.create(.services, namespace: "default", service("web"))
                    for step in ["1", "2", "3"] {
                        try await client.patch(
                            .services, namespace: "default", name: "web",
                            ["metadata": ["labels": ["step": .string(step)]]])
                    }
                    var last = try await client.get(.services, namespace: "default", name: "web")
                    last.labels["step"] = "4"
                    last = try await client.update(.services, last)
                    #expect(last.uid == made.uid && made.uid != "")
                    let conflict = try await failure { try await client.update(.services, made) }
                    #expect(conflict.code == 409 && conflict.reason == "Conflict")
                    try await wait { told.texts.count == 6 }
                    last.set(nil, at: "metadata", "managedFields")
                    #expect(informer.lister.get(namespace: "default", name: "web")?.value == last)
                    try await client.delete(.services, namespace: "default", name: "web")
                    try await wait { told.texts.count == 7 }
                    #expect(told.texts == ["+before", "+web", "~web 1", "~web 2", "~web 3", "~web 4", "-web 4"])
                    #expect(informer.lister.get(namespace: "default", name: "web") == nil)
                    let missing = try await failure {
                        _ = try await client.get(.services, namespace: "default", name: "web")
                    }
                    #expect(missing == .notFound(.init(group: "", resource: "services"), name: "web"))
                }
            }
        }
    }

    /// The server goes away, and comes back at the same place with the same data.
    @Test func aServerThatComesBackIsFollowedAgain() async throws {
        try await withFolder { folder in
            let data = ServerConfiguration.DataLocation.file(folder + "/fairlead.db")
            // A port that is free; the informers need to know it before the first server starts.
            var port = 0
            try await withFairlead(data: data) { port = $0 }
            try await withClient(remote(port)) { client in
                let informers = InformerSet(client: client)
                let told = Told()
                let informer = informers.informer(.services)
                informer.addHandler { told.add($0) }
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { await informers.run() }
                    for round in 1...3 {
                        try await withFairlead(data: data, port: port) { _ in
                            await informer.waitForSync()
                            _ = try await client.create(.services, namespace: "default", service("web-\(round)"))
                            try await wait { told.texts.count == round }
                        }
                    }
                    group.cancelAll()
                }
                #expect(told.texts == ["+web-1", "+web-2", "+web-3"])
            }
        }
    }

    @Test func anExpiredWatchIsListedAnew() async throws {
        let answers = Answers()
        try await withServer { request, answer in
            if request.query("watch") == nil {
                answer.send(
                    answers.count == 0
                        ? Wire.list(
                            [Wire.service("a", revision: 5), Wire.service("b", revision: 6)], revision: 10)
                        : Wire.list([Wire.service("b", revision: 12), Wire.service("c", revision: 15)], revision: 20))
            } else {
                answer.begin()
                answers.add(answer)
            }
        } _: { server, client in
            try await following(client) { _, told in
                #expect(told.texts == ["+a", "+b"])
                let watch = try await answers.next(0)
                watch.write(Wire.event("MODIFIED", Wire.service("a", revision: 11)))
                watch.write(Wire.event("ERROR", Wire.status(410, "Expired", "too old")))
                let second = try await answers.next(1)
                second.write(Wire.event("DELETED", Wire.service("c", revision: 21)))
                try await wait { told.texts.count == 7 }
                #expect(told.texts == ["+a", "+b", "~a", "-a", "~b", "+c", "-c"])
                #expect(server.requests.compactMap { $0.query("resourceVersion") } == ["10", "20"])
            }
        }
    }

    /// A line that the connection breaks off in comes again, and none twice.
    @Test func aTornLineIsNotLost() async throws {
        let answers = Answers()
        try await withServer { request, answer in
            if request.query("watch") == nil {
                answer.send(Wire.list([], revision: answers.count == 0 ? 10 : 12))
            } else {
                answer.begin()
                answers.add(answer)
            }
        } _: { server, client in
            try await following(client) { _, told in
                let first = try await answers.next(0)
                let torn = Wire.event("ADDED", Wire.service("b", revision: 12))
                first.write(Wire.event("ADDED", Wire.service("a", revision: 11)) + torn.prefix(40))
                try await wait { told.texts == ["+a"] }
                first.cut()
                try await answers.next(1).write(torn)
                try await wait { told.texts == ["+a", "+b"] }
                #expect(server.requests.compactMap { $0.query("resourceVersion") } == ["10", "11"])
            }
        }
    }
}
