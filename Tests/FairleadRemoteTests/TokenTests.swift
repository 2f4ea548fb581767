import FairleadClientTesting
import FairleadModel
import FairleadRemote
import Foundation
import Testing

/// Who asks: the Authorization header of each request.
struct TokenTests {
    private func authorizations(_ server: TestAPIServer) -> [String] {
        server.requests.map { $0.headers["Authorization"].joined(separator: "|") }
    }

    @Test(arguments: [
        (RemoteServer.Credentials.none, ""), (.token("abc"), "Bearer abc"),
        (.password(user: "me", password: "p:w"), "Basic bWU6cDp3"),
    ])
    func theHeaderSaysWhoAsks(credentials: RemoteServer.Credentials, header: String) async throws {
        try await withServer(credentials: credentials) { request, answer in
            request.query("watch") == nil ? answer.send("{}") : answer.begin()
        } _: { server, client in
            _ = try await client.get(.nodes, namespace: "", name: "n")
            _ = try await client.watch(.nodes, after: 1)
            #expect(authorizations(server) == [header, header])
        }
    }

    @Test func aTokenFileIsReadAgainAfterAMinute() async throws {
        let clock = ManualClock()
        try await withFolder { folder in
            let path = folder + "/token"
            try write("one\n", to: path)
            try await withServer(clock: clock, credentials: .tokenFile(path)) { _, answer in
                answer.send("{}")
            } _: { server, client in
                @Sendable func ask() async throws { _ = try await client.get(.nodes, namespace: "", name: "n") }
                try await ask()
                try write("two\n", to: path)
                clock.advance(by: .seconds(59))
                try await ask()
                clock.advance(by: .seconds(1))
                try await ask()
                // The minute begins anew.
                try write("half", to: path)
                clock.advance(by: .seconds(59))
                try await ask()
                // While it is being replaced, the last one serves.
                try FileManager.default.removeItem(atPath: path)
                clock.advance(by: .seconds(1))
                try await ask()
                try write("three", to: path)
                clock.advance(by: .seconds(60))
                try await ask()
                #expect(
                    authorizations(server) == ["one", "one", "two", "two", "two", "three"].map { "Bearer " + $0 })
            }
        }
    }

    @Test func aRefusedTokenIsReadAgainAtOnce() async throws {
        try await withFolder { folder in
            let path = folder + "/token"
            try write("one", to: path)
            try await withServer(clock: ManualClock(), credentials: .tokenFile(path)) { request, answer in
                request.headers["Authorization"] == ["Bearer two"]
                    ? answer.send("{}") : answer.send(401, Wire.status(401, "Unauthorized", "Unauthorized"))
            } _: { server, client in
                @Sendable func ask() async throws { _ = try await client.get(.nodes, namespace: "", name: "n") }
                // It is still the same: the server has the last word.
                let error = try await failure { try await ask() }
                #expect(error.code == 401)
                #expect(server.requests.count == 1)
                try write("two", to: path)
                try await ask()
                try write("three", to: path)
                try await ask()
                #expect(authorizations(server) == ["Bearer one", "Bearer one", "Bearer two", "Bearer two"])
            }
            try write("one", to: path)
            try await withServer(clock: ManualClock(), credentials: .tokenFile(path)) { request, answer in
                // Between reading and asking.
                if request.headers["Authorization"] == ["Bearer one"] { try? write("two", to: path) }
                request.headers["Authorization"] == ["Bearer two"]
                    ? answer.send("{}") : answer.send(401, Wire.status(401, "Unauthorized", "Unauthorized"))
            } _: { server, client in
                _ = try await client.get(.nodes, namespace: "", name: "n")
                #expect(authorizations(server) == ["Bearer one", "Bearer two"])
            }
        }
    }

    @Test func aTokenFileThatNeverCouldBeReadIsTold() async throws {
        try await withServer(credentials: .tokenFile("/nowhere/token")) { _, answer in
            answer.send("{}")
        } _: { server, client in
            let error = try await failure { _ = try await client.get(.nodes, namespace: "", name: "n") }
            #expect(error.code == 401 && error.message.contains("/nowhere/token"))
            #expect(server.requests.isEmpty)
        }
    }
}
