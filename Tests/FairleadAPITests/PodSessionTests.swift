import FairleadContainers
import FairleadModel
import Testing

@testable import FairleadAPI

struct PodSessionTests {
    private static let upgrade = [(name: "Connection", value: "Upgrade"), (name: "Upgrade", value: "SPDY/3.1")]

    private func outcome(_ fixture: APIFixture, _ what: String, _ query: String = "") async throws -> APIOutcome {
        var request = APIFixture.request("POST", APIFixture.pods + "/" + what, query)
        request.headers += Self.upgrade
        var outcome = fixture.pipeline.handle(request)
        while case .computed(let work) = outcome { outcome = await work() }
        return outcome
    }

    private func message(_ fixture: APIFixture, _ what: String, _ query: String = "") async throws -> String {
        let answer = try await fixture.finish(outcome(fixture, what, query))
        return "\(answer.status) \(answer.message)"
    }

    private func command(_ fixture: APIFixture, _ what: String, _ query: String) async throws -> CommandSession {
        guard case .session(.command(let session), _, _) = try await outcome(fixture, what, query) else {
            throw APIFixture.Unanswered()
        }
        return session
    }

    @Test func whatCannotBeIsSaidBeforeTheConnectionLeavesHTTP() async throws {
        let fixture = try await APIFixture(pods: FakePods())
        try await fixture.createPod("unscheduled")
        try await fixture.createPod("lost", node: "nowhere")
        try await fixture.createRunningPod("two", containers: ["a", "b"], status: ["phase": "Running"])
        #expect(try await message(fixture, "none/exec") == #"404 pods "none" not found"#)
        #expect(try await message(fixture, "unscheduled/exec") == "400 pod unscheduled does not have a host assigned")
        #expect(
            try await message(fixture, "unscheduled/portforward") == "400 pod unscheduled does not have a host assigned"
        )
        #expect(try await message(fixture, "lost/attach") == #"404 pods "nowhere" not found"#)
        #expect(
            try await message(fixture, "two/exec")
                == "400 a container name must be specified for pod two, choose one of: [a b]")
        #expect(try await message(fixture, "two/exec", "container=x") == "400 container x is not valid for pod two")
        #expect(
            try await message(fixture, "two/exec", "container=a")
                == "400 you must specify at least 1 of stdin, stdout, stderr")
        let plain = try await fixture.send("POST", APIFixture.pods + "/two/exec", "container=a&stdout=1")
        #expect(plain.status == 400 && plain.message == "Upgrade request required")
    }

    @Test func withoutMachinesNothingRuns() async throws {
        let fixture = try await APIFixture()
        try await fixture.createRunningPod("p", status: ["phase": "Running"])
        #expect(try await message(fixture, "p/exec", "stdout=1").hasPrefix("501 exec is not emulated"))
    }

    @Test func aCommandIsWhatTheQuerySays() async throws {
        let pods = FakePods()
        let fixture = try await APIFixture(pods: pods)
        try await fixture.createRunningPod("p", status: ["phase": "Running"])
        let session = try await command(
            fixture, "p/exec", "command=sh&command=-c&command=a%20b&stdin=true&stderr=1&tty=0")
        #expect(session.hasInput && !session.hasOutput && session.hasErrors && !session.isTerminal)
        #expect(await session.run(ClientStreams()) == .success)
        pods.state.withLock { $0.code = 3 }
        #expect(await session.run(ClientStreams()) == .exit(code: 3, command: ["sh", "-c", "a b"]))
        let (commands, containers) = pods.state.withLock { ($0.commands, $0.containers) }
        #expect(commands.last == ["sh", "-c", "a b"])
        #expect(containers.last?.container == "c" && containers.last?.pod == "p" && containers.last?.namespace == "ns")
    }

    @Test(arguments: [
        (
            PodAccessError.launch(.notFound("nope")),
            #": unable to start container process: exec: "nope": executable file not found in $PATH: unknown"#
        ),
        (.launch(.notFound("/x")), #"process: exec: "/x": stat /x: no such file or directory: unknown"#),
        (.launch(.notExecutable("/x")), #"process: exec: "/x": permission denied: unknown"#),
        (.notRunning(#"container not found ("c")"#), #"unable to upgrade connection: container not found ("c")"#),
    ])
    func whatDoesNotRunIsExplained(error: PodAccessError, text: String) async throws {
        let pods = FakePods()
        pods.state.withLock { $0.error = error }
        let fixture = try await APIFixture(pods: pods)
        try await fixture.createRunningPod("p", status: ["phase": "Running"])
        guard
            case .failure(let why) = await (try await command(fixture, "p/exec", "command=x&stdout=1")).run(
                ClientStreams())
        else { throw APIFixture.Unanswered() }
        #expect(why.hasSuffix(text))
        if case .launch = error { #expect(why.hasPrefix("error executing command in container: failed to exec")) }
    }

    @Test func anEmptyCommandIsNotRun() async throws {
        let pods = FakePods()
        let fixture = try await APIFixture(pods: pods)
        try await fixture.createRunningPod("p", status: ["phase": "Running"])
        for query in ["stdout=1", "stdout=1&command="] {
            let end = await (try await command(fixture, "p/exec", query)).run(ClientStreams())
            guard case .failure = end else { throw APIFixture.Unanswered() }
        }
        #expect(pods.state.withLock { $0.commands }.isEmpty)
    }

    @Test func portsAreReadFromTheQuery() async throws {
        let fixture = try await APIFixture(pods: FakePods())
        try await fixture.createRunningPod("p", status: ["phase": "Running"])
        guard
            case .session(.ports(let session), _, _) = try await outcome(
                fixture, "p/portforward", "ports=80,0,x,70000&ports=81")
        else { throw APIFixture.Unanswered() }
        #expect(session.ports == [80, 81])
        #expect(session.sandbox.utf8.count == 64)
    }
}
