import FairleadClient
import FairleadClientTesting
import FairleadModel
import Testing

struct IgnoringNotFoundTests {
    private func answer(_ code: Int?) async throws(APIStatus) -> Int {
        if let code { throw APIStatus(code: code, reason: "X", message: "x") }
        return 7
    }

    @Test func onlyThatTheObjectIsGoneIsIgnored() async throws {
        #expect(try await ignoringNotFound(await answer(nil)) == 7)
        #expect(try await ignoringNotFound(await answer(404)) == nil)
        await #expect(throws: APIStatus.self) { try await ignoringNotFound(await answer(409)) }
        await #expect(throws: APIStatus.self) { try await ignoringNotFound(await answer(500)) }
        #expect(try await ignoringNotFound(orChanged: true, await answer(409)) == nil)
        await #expect(throws: APIStatus.self) { try await ignoringNotFound(orChanged: true, await answer(422)) }
    }

    @Test func aStatusIsWrittenOnlyIfItIsAnother() async throws {
        let client = InMemoryClient()
        let pod = client.put(.pods, ["metadata": ["name": "p", "namespace": "n"], "status": ["phase": "Pending"]])
        #expect(try await client.updateStatus(.pods, of: pod, to: ["phase": "Pending"]))
        #expect(client.actions.isEmpty)
        #expect(try await client.updateStatus(.pods, of: pod, to: ["phase": "Running"]))
        #expect(client.actions == ["update pods n/p"])
        try await client.delete(.pods, namespace: "n", name: "p")
        #expect(try await !client.updateStatus(.pods, of: pod, to: ["phase": "Failed"]))
    }
}
