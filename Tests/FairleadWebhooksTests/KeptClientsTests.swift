import AsyncHTTPClient
import NIOPosix
import NIOSSL
import Testing

@testable import FairleadWebhooks

/// Clients that are kept, and how they make room for others.
struct KeptClientsTests {
    private func with(_ maximum: Int, _ test: (KeptClients) async throws -> Void) async throws {
        // One loop, so that each server has one client.
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let clients = KeptClients(on: group, maximumConnections: 1, maximumClients: maximum)
        let result: Result<Void, any Error>
        do {
            result = .success(try await test(clients))
        } catch {
            result = .failure(error)
        }
        await clients.shutdown()
        try await group.shutdownGracefully()
        try result.get()
    }

    private func lease(
        _ clients: KeptClients, _ name: String, _ trust: KeptClients.Trust = .init(authorities: nil)
    ) async throws -> KeptClients.Lease {
        try await clients.client(.init(name: name, address: "127.0.0.1"), trust) { () throws(WebhookFailure) in
            try KeptClients.settings(trusting: nil)
        }
    }

    @Test func theSameServerHasTheSameClient() async throws {
        try await with(8) { clients in
            let one = try await lease(clients, "a")
            #expect(try await lease(clients, "a").client === one.client)
            #expect(try await lease(clients, "b").client !== one.client)
            let other = KeptClients.Trust(authorities: nil, skipsVerification: true)
            #expect(try await lease(clients, "a", other).client !== one.client)
        }
    }

    @Test func whatIsInUseStays() async throws {
        try await with(2) { clients in
            var held: KeptClients.Lease? = try await lease(clients, "a")
            let client = try #require(held?.client)
            for name in ["b", "c", "d"] { _ = try await lease(clients, name) }
            #expect(try await lease(clients, "a").client === client)
            let other = try await lease(clients, "e")
            await #expect(throws: WebhookFailure("too many servers are in use")) { try await lease(clients, "f") }
            withExtendedLifetime(other) {}
            held = nil
            _ = held
            _ = try await lease(clients, "f")
        }
    }

    @Test func whatWasNotUsedForLongestMakesRoom() async throws {
        try await with(2) { clients in
            let (one, two) = (try await lease(clients, "a").client, try await lease(clients, "b").client)
            #expect(try await lease(clients, "a").client === one)
            _ = try await lease(clients, "c")
            #expect(try await lease(clients, "a").client === one)
            #expect(try await lease(clients, "b").client !== two)
        }
    }

    @Test func nobodyIsServedAfterTheEnd() async throws {
        try await with(2) { clients in
            await clients.shutdown()
            await #expect(throws: WebhookFailure("the server is shutting down")) { try await lease(clients, "a") }
        }
    }

    @Test func authoritiesThatAreNoneAreRefused() {
        #expect(throws: WebhookFailure.self) { try KeptClients.settings(trusting: Array("nothing".utf8)) }
    }
}
