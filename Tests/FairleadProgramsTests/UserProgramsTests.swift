import FairleadContainers
import FairleadModel
import Testing

@testable import FairleadPrograms

struct UserProgramsTests {
    private static let yaml = """
        programs:
        - image: "example.com/shop/*"
          container: web*
          readyAfter: 5s
          exitAfter: 1m
          exitCode: 3
          reason: OOMKilled
          terminationMessage: "bye"
          log:
          - {line: started}
          - {line: tick, after: 1s, every: 10s, times: 3}
          - {line: oops, stderr: true}
          http:
          - {port: 8080, path: /healthz, body: ok}
          - {port: 8080, path: "/api/*", method: get, status: 503, body: busy, headers: {Retry-After: "1"}, delay: 2s}
          - {port: 9090, headers: {Content-Type: application/json}, body: "{}"}
        - image: crash
          crash: {after: 2s, exitCode: 9, times: 2}
          ignoreTerminate: true
        - image: "*"
          container: sidecar
          terminateCode: 0
        """

    @Test func programsAreFoundByImageAndContainer() throws {
        let programs = try UserPrograms(yaml: Self.yaml)
        #expect(programs.count == 3)
        for (image, container, isFound) in [
            ("example.com/shop/cart:1", "web", true), ("example.com/shop/cart", "web-2", true),
            ("example.com/shop/cart", "db", false),
            ("crash:1", "x", true), ("docker.io/library/crash", "x", true), ("nginx", "sidecar", true),
            ("nginx", "x", false),
        ] { #expect((programs.program(image: image, container: container) != nil) == isFound, "\(image) \(container)") }
        #expect(programs.readyAfter(image: "example.com/shop/cart:1", container: "web") == .seconds(5))
        #expect(try UserPrograms(yaml: "").count == 0)
    }

    @Test func aProgramDoesWhatItsEntrySays() async throws {
        let programs = try UserPrograms(yaml: Self.yaml)
        let container = try TestContainer("example.com/shop/cart:1", files: ["/dev/termination-log": ""])
        let plan = ContainerPlan.plan(
            image: "example.com/shop/cart:1", container: "web", command: ["/cart"], args: ["-x"], ports: [],
            description: container.image, user: programs)
        #expect(plan.arguments == ["/cart", "-x"])
        let running = try container.start(
            plan.arguments, program: try plan.program(for: container.process(plan.arguments)))
        try await running.wait(for: "started\n")
        try await running.wait(for: "oops\n")
        let early = try await container.send(8080, "/healthz")
        #expect(early.status == 503 && early.text == "not ready\n")
        func advance(_ seconds: Int) async throws {
            for _ in 0..<seconds {
                try await SuspendingClock().sleep(for: .milliseconds(2))
                container.clock.advance(by: .seconds(1))
            }
        }
        try await advance(6)
        #expect(try await container.send(8080, "/healthz").text == "ok")
        async let slow = container.send(8080, "/api/items")
        try await advance(5)
        let busy = try await slow
        #expect(busy.status == 503 && busy.text == "busy" && busy.header("retry-after") == "1")
        #expect(try await container.send("POST", 8080, "/api/items").status == 404)
        #expect(try await container.send(9090, "/any").header("content-type") == "application/json")
        try await advance(60)
        #expect(await running.status() == ExitStatus(3, reason: "OOMKilled"))
        #expect(running.lines.count { $0 == "tick" } == 3)
        #expect(try container.world.files.text("/dev/termination-log") == "bye")
    }

    @Test func crashesEnd() async throws {
        let programs = try UserPrograms(yaml: Self.yaml)
        let container = try TestContainer("crash", jumps: true)
        let program = try #require(programs.program(image: "crash", container: "c"))
        for _ in 0..<2 { #expect(await (try container.start(["x"], program: program)).status() == ExitStatus(9)) }
        let third = try container.start(["x"], program: program)
        third.signals.send(.terminate)
        try await SuspendingClock().sleep(for: .milliseconds(20))
        #expect(await third.kill() == .killed)
        let sidecar = try #require(programs.program(image: "nginx", container: "sidecar"))
        #expect(await (try container.start(["x"], program: sidecar)).end() == .success)
    }

    @Test(arguments: [
        (
            "programs:\n- image: a\n  exitAfter: soon",
            "programs[0].exitAfter: must be a duration like 500ms, 10s or 1m30s"
        ),
        ("programs:\n- image: a\n- exitCode: 1", "programs[1].image: must name an image, or a pattern of images"),
        ("programs:\n- {image: a, exitCode: 256}", "programs[0].exitCode: must be a number from 0 to 255"),
        ("programs:\n- {image: a, exitcode: 1}", "programs[0].exitcode: there is no such field"),
        ("programs:\n- {image: a, log: [{every: 1s}]}", "programs[0].log[0].line: is missing"),
        ("programs:\n- {image: a, log: [{line: x, times: 2}]}", "programs[0].log[0].times: needs every"),
        ("programs:\n- {image: a, http: [{path: /}]}", "programs[0].http[0].port: is missing"),
        ("programs:\n- {image: a, http: [{port: 0}]}", "programs[0].http[0].port: must be a number from 1 to 65535"),
        ("programs:\n- {image: a, http: [{port: 1, path: x}]}", "programs[0].http[0].path: must begin with / or *"),
        (
            "programs:\n- {image: a, http: [{port: 1, status: 9}]}",
            "programs[0].http[0].status: must be a number from 200 to 599"
        ),
        (
            "programs:\n- {image: a, http: [{port: 1, headers: {A: \"b\\nc\"}}]}",
            "programs[0].http[0].headers.A: must be a text of one line"
        ),
        ("programs:\n- {image: a, http: {}}", "programs[0].http: must be a list"),
        ("programs:\n- {image: a, ignoreTerminate: x}", "programs[0].ignoreTerminate: must be true or false"),
        ("programs: 1", "programs: must be a list"), ("x: 1", "x: there is no such field"),
        ("- 1", "the file: must be an object"),
        ("programs:\n- 1", "programs[0]: must be an object"),
    ])
    func faultsNameTheField(yaml: String, message: String) {
        #expect(throws: UserPrograms.Fault(message: message)) { try UserPrograms(yaml: yaml) }
    }

    @Test func faultsNameTheLine() {
        for yaml in ["programs:\n- image: a\n  image: b", "programs:\n- image: [a", "programs:\n\t- x"] {
            do {
                _ = try UserPrograms(yaml: yaml)
                Issue.record("\(yaml) is accepted")
            } catch { #expect(error.message.hasPrefix("yaml: ") && error.message.contains("line "), "\(error)") }
        }
    }
}
