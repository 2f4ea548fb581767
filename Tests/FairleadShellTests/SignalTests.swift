import FairleadContainers
import FairleadModel
import FairleadShell
import Testing

/// What signals and the end of a container do to scripts.
struct SignalTests {
    /// Runs a command in real time and lets something happen to it.
    private func outcome(
        of command: [String], isFirst: Bool = true, _ body: @Sendable (SignalInbox, Sandbox) async -> Void
    ) async -> Outcome {
        let sandbox = Sandbox(clock: SystemDelayClock())
        let signals = SignalInbox()
        async let outcome = sandbox.run(command, signals: signals, isFirst: isFirst)
        await body(signals, sandbox)
        return await outcome
    }

    private func wait(for path: String, _ sandbox: Sandbox) async {
        for _ in 0..<1_000 where !sandbox.world.files.exists(path) {
            await sandbox.world.clock.sleep(for: .milliseconds(5))
        }
    }

    @Test func aTrapRunsWhenTheCommandInFrontOfItHasEnded() async {
        let script = "trap exit TERM; touch /tmp/up; while true; do sleep 0.02; done"
        let result = await outcome(of: ["/bin/sh", "-c", script]) { signals, sandbox in
            await wait(for: "/tmp/up", sandbox)
            signals.send(.terminate)
        }
        #expect(result == Outcome(output: "", errors: "", code: 0))
    }

    @Test func waitIsInterruptedByASignal() async {
        let script = "trap 'echo stop; exit 4' TERM; sleep 1000 & touch /tmp/up; wait $!"
        let result = await outcome(of: ["sh", "-c", script]) { signals, sandbox in
            await wait(for: "/tmp/up", sandbox)
            signals.send(.terminate)
        }
        #expect(result == Outcome(output: "stop\n", errors: "", code: 4))
    }

    @Test func theFirstProcessIgnoresTermWithoutATrapAndDiesWithItsTask() async {
        let sandbox = Sandbox(clock: SystemDelayClock())
        let signals = SignalInbox()
        let code = await withTaskGroup(of: Int32?.self) { group in
            group.addTask { await sandbox.run(["sh", "-c", "touch /tmp/up; sleep 1000; true"], signals: signals).code }
            await wait(for: "/tmp/up", sandbox)
            signals.send(.terminate)
            await sandbox.world.clock.sleep(for: .milliseconds(50))
            #expect(sandbox.world.processes.entries.count == 2)
            group.cancelAll()
            return await group.next() ?? nil
        }
        #expect(code == 137)
        #expect(sandbox.world.processes.entries.isEmpty)
    }

    @Test func anEndlessLoopPausesAgainAndAgain() async {
        let clock = LeapingClock()
        let sandbox = Sandbox(clock: clock)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { _ = await sandbox.run("while true; do :; done") }
            while clock.now < .seconds(1) { await Task.yield() }
            group.cancelAll()
        }
        #expect(clock.now >= .seconds(1))
    }

    @Test func aForkBombIsBounded() async {
        let sandbox = Sandbox()
        _ = await sandbox.run("f() { f | f & }; f; sleep 1")
        #expect(sandbox.world.processes.entries.count <= ProcessTable.capacity)
        await sandbox.world.tasks.stop()
        #expect(sandbox.world.processes.entries.isEmpty)
    }

    @Test func killingAnotherUsersProcessIsRefused() async {
        var sandbox = Sandbox(clock: SystemDelayClock())
        sandbox.credentials = Credentials(user: 1000, group: 1000)
        let result = await sandbox.run("kill -9 77; kill -0 $$ && echo own")
        #expect(result == Outcome(output: "own\n", errors: "kill: can't kill pid 77: No such process\n", code: 0))
    }
}
