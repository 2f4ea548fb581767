import FairleadClientTesting
import FairleadContainers
import FairleadModel
import Testing

@testable import FairleadSimulation

/// Probes: what they find, when, and what follows.
@Suite struct ProbeTests {
    private let lab = KubeletLab()

    private func web(_ probes: String, port: Int = 80) -> String {
        #"[{"name":"c","image":"programs","command":["web","\#(port)"],"ports":[{"name":"http","containerPort":\#(port)}],\#(probes)}]"#
    }

    @Test(arguments: [
        #""readinessProbe":{"httpGet":{"path":"/","port":80}}"#, #""readinessProbe":{"httpGet":{"port":"http"}}"#,
        #""readinessProbe":{"tcpSocket":{"port":80}}"#, #""readinessProbe":{"exec":{"command":["exit","0"]}}"#,
        #""startupProbe":{"httpGet":{"path":"/","port":80},"periodSeconds":1},"readinessProbe":{"tcpSocket":{"port":80}}"#,
        #""livenessProbe":{"httpGet":{"path":"/","port":80}}"#,
    ])
    func whatIsWellBecomesReady(probes: String) async throws {
        try await lab.run {
            try lab.create("p", web(probes))
            #expect(await lab.isReady("p"))
            #expect(lab.status(try #require(lab.pod("p")))["started"]?.bool == true)
        }
    }

    @Test(arguments: [
        (
            #""readinessProbe":{"httpGet":{"path":"/x","port":81},"periodSeconds":1}"#,
            #"Readiness probe failed: Get "http://IP:81/x": dial tcp IP:81: connect: connection refused"#
        ),
        (
            #""readinessProbe":{"tcpSocket":{"port":81},"periodSeconds":1}"#,
            "Readiness probe failed: dial tcp IP:81: connect: connection refused"
        ),
        (
            #""readinessProbe":{"exec":{"command":["cat","/none"]},"periodSeconds":1}"#,
            "Readiness probe failed: cat: can't open '/none': No such file or directory\n"
        ),
        (
            #""readinessProbe":{"exec":{"command":["sleep","60"]},"periodSeconds":5,"timeoutSeconds":2}"#,
            #"Readiness probe failed: command timed out: "sleep 60" timed out after 2s"#
        ),
        (
            #""readinessProbe":{"grpc":{"port":81},"periodSeconds":1}"#,
            #"Readiness probe failed: timeout: failed to connect service "IP:81" within 1s: context deadline exceeded"#
        ),
    ])
    func whatIsUnwellStaysUnready(probes: String, message: String) async throws {
        try await lab.run {
            try lab.create("p", web(probes))
            #expect(
                await eventually {
                    let ip = lab.pod("p")?.text("status", "podIP") ?? ""
                    return lab.events("Unhealthy").contains(message.replacing("IP", with: ip))
                })
            let pod = try #require(lab.pod("p"))
            #expect(!PodView(pod).isReady && lab.status(pod)["restartCount"]?.int == 0)
            #expect(pod.text("status", "phase") == "Running")
        }
    }

    @Test func theFirstProbeComesAfterItsDelay() async throws {
        try await lab.run {
            try lab.create("p", web(#""readinessProbe":{"httpGet":{"port":80},"initialDelaySeconds":15}"#))
            #expect(await lab.isReady("p"))
            let pod = try #require(lab.pod("p"))
            let started = try #require(Timestamp(rfc3339: lab.status(pod).text("state", "running", "startedAt")))
            let ready = try #require(
                Timestamp(rfc3339: PodView(pod).condition("Ready")?.text("lastTransitionTime") ?? ""))
            #expect(ready.since(started) >= 15)
        }
    }

    @Test func aChangeIsNoticed() async throws {
        try await lab.run {
            try lab.create(
                "p", web(#""readinessProbe":{"httpGet":{"port":80},"periodSeconds":1,"failureThreshold":2}"#))
            #expect(await lab.isReady("p"))
            _ = try await lab.exec("p", ["write", "/tmp/status", "500"])
            #expect(await lab.waits(for: "p") { !PodView($0).isReady })
            #expect(
                await eventually {
                    lab.events("Unhealthy").contains("Readiness probe failed: HTTP probe failed with statuscode: 500")
                })
            _ = try await lab.exec("p", ["remove", "/tmp/status"])
            #expect(await lab.isReady("p"))
            #expect(lab.status(try #require(lab.pod("p")))["restartCount"]?.int == 0)
        }
    }

    @Test func livenessRestarts() async throws {
        try await lab.run {
            try lab.create(
                "p",
                web(
                    #""livenessProbe":{"httpGet":{"path":"/healthz","port":80},"periodSeconds":1,"failureThreshold":2}"#
                ))
            #expect(await lab.isReady("p"))
            _ = try await lab.exec("p", ["write", "/tmp/status", "500"])
            #expect(await lab.waits(for: "p") { lab.status($0)["restartCount"]?.int == 1 && PodView($0).isReady })
            // The new run has files of its own, and is well.
            #expect(
                await eventually {
                    lab.events("Killing").contains("Container c failed liveness probe, will be restarted")
                })
            try await Task.sleep(for: .milliseconds(50))
            #expect(lab.status(try #require(lab.pod("p")))["restartCount"]?.int == 1)
        }
    }

    @Test func startupHoldsTheOthersBack() async throws {
        try await lab.run {
            try lab.create(
                "p",
                web(
                    #""startupProbe":{"exec":{"command":["cat","/tmp/started"]},"periodSeconds":1,"failureThreshold":1000},"livenessProbe":{"exec":{"command":["cat","/tmp/started"]},"periodSeconds":1,"failureThreshold":1},"readinessProbe":{"exec":{"command":["exit","0"]},"periodSeconds":1}"#
                ))
            #expect(await eventually { lab.events("Unhealthy").count { $0.hasPrefix("Startup probe failed: ") } > 0 })
            var status = lab.status(try #require(lab.pod("p")))
            #expect(status["started"]?.bool == false && status["restartCount"]?.int == 0)
            #expect(!lab.events("Unhealthy").contains { $0.hasPrefix("Liveness") })
            _ = try await lab.exec("p", ["write", "/tmp/started", "x"])
            #expect(await lab.isReady("p"))
            status = lab.status(try #require(lab.pod("p")))
            #expect(status["started"]?.bool == true)
        }
    }

    @Test func aStartThatNeverEndsIsBroughtToAnEnd() async throws {
        try await lab.run {
            try lab.create(
                "p", web(#""startupProbe":{"tcpSocket":{"port":81},"periodSeconds":1,"failureThreshold":2}"#))
            #expect(await lab.waits(for: "p") { (lab.status($0)["restartCount"]?.int ?? 0) >= 2 })
            #expect(
                await eventually {
                    lab.events("Killing").contains("Container c failed startup probe, will be restarted")
                })
        }
    }

    @Test func redirectsToOthersAreTold() async throws {
        try await lab.run {
            try lab.create("p", web(#""readinessProbe":{"httpGet":{"path":"/away","port":80},"periodSeconds":1}"#))
            #expect(await lab.isReady("p"))
            #expect(
                await eventually {
                    lab.events("ProbeWarning").contains(
                        "Readiness probe warning: Probe terminated redirects, Response body: gone")
                })
        }
    }

    /// Idle containers answer on the ports that they declare, without an exchange, and on no others.
    @Test(arguments: [(80, true), (81, false)])
    func idleContainers(port: Int, isReady: Bool) async throws {
        try await lab.run {
            try lab.create(
                "p",
                #"[{"name":"c","image":"some/app","ports":[{"containerPort":80}],"readinessProbe":{"httpGet":{"path":"/x","port":\#(port)},"periodSeconds":1},"livenessProbe":{"exec":{"command":["/app/check"]}}}]"#
            )
            if isReady {
                #expect(await lab.isReady("p"))
            } else {
                #expect(
                    await eventually {
                        lab.events("Unhealthy").contains { $0.hasSuffix("connect: connection refused") }
                    })
                let pod = try #require(lab.pod("p"))
                #expect(!PodView(pod).isReady)
            }
            #expect(!lab.events("Unhealthy").contains { $0.hasPrefix("Liveness") })
        }
    }

    @Test func imagesThatTakeTheirTime() async throws {
        try await lab.run {
            try lab.create("p", #"[{"name":"c","image":"slow"}]"#)
            let created = lab.now()
            #expect(await lab.isReady("p"))
            #expect(lab.now().since(created) >= 5)
        }
    }

    /// A probe that takes longer than its period is asked again when it has answered, and costs nothing meanwhile.
    @Test func slowAnswersHoldNobodyUp() async throws {
        try await lab.run {
            try lab.create(
                "p",
                web(
                    #""readinessProbe":{"exec":{"command":["sleep","30"]},"periodSeconds":1,"timeoutSeconds":60}"#))
            #expect(await lab.isReady("p"))
            let pod = try #require(lab.pod("p"))
            let before = lab.clock.now
            #expect(await eventually { lab.clock.now - before > .seconds(100) })
            let after = try #require(lab.pod("p"))
            #expect(pod == after)
        }
    }

    @Test func thresholdsCount() {
        let timing = ProbeTiming(["successThreshold": 2, "failureThreshold": 3])
        var state = ProbeState(restart: 0, next: .zero, outcome: .unknown)
        var outcomes: [ProbeState.Outcome] = []
        for answer in [true, true, false, false, true, false, false, false, true, true] {
            state.note(answer, timing)
            outcomes.append(state.outcome)
        }
        #expect(
            outcomes == [
                .unknown, .success, .success, .success, .success, .success, .success, .failure, .failure, .success,
            ])
    }

    @Test(arguments: [Int64.min, -1, 0, Int64.max])
    func timesOfAllSizesAreTaken(number: Int64) {
        let probe: Value = [
            "initialDelaySeconds": .int(number), "periodSeconds": .int(number), "timeoutSeconds": .int(number),
            "failureThreshold": .int(number),
        ]
        let timing = ProbeTiming(probe)
        #expect(timing.period >= .seconds(1) && timing.initialDelay >= .zero)
    }
}
