import FairleadClientTesting
import FairleadContainers
import FairleadModel
import Testing

@testable import FairleadSimulation

/// Containers that run programs: what their statuses, logs and events say.
@Suite struct ProgramTests {
    private let lab = KubeletLab()

    @Test(arguments: [("Never", "0", "Succeeded"), ("Never", "3", "Failed"), ("OnFailure", "0", "Succeeded")])
    func theCodeDecides(policy: String, code: String, phase: String) async throws {
        try await lab.run {
            try lab.create(
                "p", #"[{"name":"c","image":"programs","command":["exit","\#(code)"]}]"#,
                ["restartPolicy": .string(policy)])
            #expect(await lab.waits(for: "p") { $0.text("status", "phase") == phase })
            let state = lab.status(try #require(lab.pod("p"))).at("state", "terminated")
            #expect(state?["exitCode"]?.int == Int64(code))
            #expect(state?.text("reason") == (code == "0" ? "Completed" : "Error"))
            #expect(state?.text("containerID").hasPrefix("containerd://") == true)
        }
    }

    @Test func logsStayAfterTheEndAndTheOneBefore() async throws {
        try await lab.run {
            try lab.create(
                "once",
                #"[{"name":"c","image":"programs","command":["echo","hello","$(WHO)"],"env":[{"name":"WHO","value":"world"}]}]"#,
                ["restartPolicy": "Never"])
            try lab.create(
                "again",
                #"[{"name":"c","image":"programs","command":["die","no $(MINE)"],"env":[{"name":"MINE","value":"luck"}]}]"#
            )
            #expect(await lab.waits(for: "once") { $0.text("status", "phase") == "Succeeded" })
            #expect(lab.log("once") == "hello world\n")
            #expect(lab.log("once", previous: true) == "")
            #expect(await lab.waits(for: "again") { (lab.status($0)["restartCount"]?.int ?? 0) >= 2 })
            #expect(lab.log("again", previous: true) == "no luck\n")
            let status = lab.status(try #require(lab.pod("again")))
            #expect(status.at("lastState", "terminated", "exitCode")?.int == 3)
        }
    }

    @Test func crashesBackOffAfterTheFirst() async throws {
        try await lab.run {
            try lab.create("p", #"[{"name":"c","image":"programs","command":["exit","1"]}]"#)
            #expect(
                await lab.waits(for: "p") {
                    lab.status($0).text("state", "waiting", "message").hasPrefix("back-off 10s restarting failed")
                })
            #expect(lab.status(try #require(lab.pod("p")))["restartCount"]?.int == 1)
            #expect(
                await lab.waits(for: "p") {
                    lab.status($0).text("state", "waiting", "message").hasPrefix("back-off 20s restarting failed")
                })
            #expect(
                await eventually {
                    lab.events("BackOff").contains("Back-off restarting failed container c in pod p_n(uid-p)")
                })
        }
    }

    @Test func aCommandThatIsNotThere() async throws {
        try await lab.run {
            try lab.create("always", #"[{"name":"c","image":"programs","command":["nothing"]}]"#)
            try lab.create(
                "never", #"[{"name":"c","image":"programs","command":["nothing"]}]"#, ["restartPolicy": "Never"])
            #expect(
                await lab.waits(for: "always") {
                    lab.status($0).text("state", "waiting", "reason") == "RunContainerError"
                })
            #expect(
                await lab.waits(for: "always") {
                    lab.status($0).text("state", "waiting", "reason") == "CrashLoopBackOff"
                })
            let last = lab.status(try #require(lab.pod("always"))).at("lastState", "terminated")
            #expect(last?.text("reason") == "StartError" && last?["exitCode"]?.int == 128)
            #expect(last?.text("message").hasSuffix(#"exec: "nothing": executable file not found in $PATH"#) == true)
            #expect(await lab.waits(for: "never") { $0.text("status", "phase") == "Failed" })
            #expect(lab.status(try #require(lab.pod("never"))).text("state", "terminated", "reason") == "StartError")
        }
    }

    @Test func whatIsMissingIsWaitedFor() async throws {
        try await lab.run {
            try lab.create(
                "env",
                #"[{"name":"c","image":"programs","command":["serve"],"envFrom":[{"configMapRef":{"name":"late"}}]}]"#)
            try lab.create("idle", #"[{"name":"c","image":"other","envFrom":[{"configMapRef":{"name":"late"}}]}]"#)
            try lab.create(
                "volume", #"[{"name":"c","image":"programs","command":["serve"]}]"#,
                ["volumes": [["name": "v", "configMap": ["name": "late"]]]])
            for name in ["env", "idle"] {
                #expect(
                    await lab.waits(for: name) {
                        lab.status($0).text("state", "waiting", "reason") == "CreateContainerConfigError"
                            && lab.status($0).text("state", "waiting", "message") == #"configmap "late" not found"#
                    })
            }
            #expect(
                await eventually {
                    lab.events("FailedMount").contains(
                        #"MountVolume.SetUp failed for volume "v" : configmap "late" not found"#)
                })
            #expect(
                lab.status(try #require(lab.pod("volume"))).text("state", "waiting", "reason") == "ContainerCreating")
            lab.client.put(.configMaps, FixedObjects.configMap("late", ["x": "y"]))
            for name in ["env", "idle", "volume"] { #expect(await lab.isReady(name)) }
            for name in ["env", "idle", "volume"] {
                #expect(lab.status(try #require(lab.pod(name)))["restartCount"]?.int == 0)
            }
        }
    }

    /// Volumes, network, image, container.
    @Test func eachThingHasItsTurn() async throws {
        func reasons(_ name: String) -> [String] {
            lab.client.objects(.events).filter { $0.text("involvedObject", "name") == name }.map { $0.text("reason") }
        }
        try await lab.run {
            let always = #""imagePullPolicy":"Always","command":["serve"]"#
            try lab.create(
                "volume", #"[{"name":"c","image":"programs",\#(always)}]"#,
                ["volumes": [["name": "v", "configMap": ["name": "late"]]]])
            try lab.create(
                "env", #"[{"name":"c","image":"programs",\#(always),"envFrom":[{"configMapRef":{"name":"late"}}]}]"#)
            try lab.create("pull", #"[{"name":"c","image":"x:404"}]"#)
            try lab.create(
                "host", #"[{"name":"c","image":"programs",\#(always)}]"#,
                ["volumes": [["name": "v", "hostPath": ["path": "/nothing", "type": "File"]]]])
            #expect(
                await eventually {
                    lab.client.objects(.events).contains {
                        $0.text("reason") == "FailedMount" && $0["count"]?.int ?? 0 > 2
                    }
                })
            #expect(reasons("volume") == ["FailedMount"])
            #expect(await eventually { !reasons("host").isEmpty })
            #expect(reasons("host") == ["FailedMount"])
            #expect(lab.pod("volume")?.text("status", "podIP") == "")
            for (name, reason) in [("env", "CreateContainerConfigError"), ("pull", "ImagePullBackOff")] {
                #expect(await lab.waits(for: name) { lab.status($0).text("state", "waiting", "reason") == reason })
                let pod = try #require(lab.pod(name))
                #expect(pod.text("status", "podIP").hasPrefix("10.244."))
                #expect(PodView(pod).conditionStatus("PodReadyToStartContainers") == "True")
            }
            #expect(await eventually { Set(reasons("env")) == ["Pulling", "Pulled", "Failed"] })
            lab.client.put(.configMaps, FixedObjects.configMap("late", ["x": "y"]))
            #expect(await lab.isReady("volume"))
            #expect(await lab.isReady("env"))
        }
    }

    /// A stage ends the run of a real program, and the policy starts the next.
    @Test func stagesReachPrograms() async throws {
        let text = """
            apiVersion: kwok.x-k8s.io/v1alpha1
            kind: Stage
            metadata: {name: crash}
            spec:
              resourceRef: {kind: Pod}
              selector: {matchExpressions: [
                {key: '.status.containerStatuses[].restartCount', operator: In, values: [0]},
                {key: .status.phase, operator: In, values: [Running]}]}
              delay: {durationMilliseconds: 2000}
              next: {exit: {exitCode: 9, reason: Bang}}
            """
        let stages = try PodStages([PodStages.Source(name: "s", text: text)])
        try await lab.run(stages: stages) {
            try lab.create("p", #"[{"name":"c","image":"programs","command":["serve"]}]"#)
            #expect(
                await lab.waits(for: "p") {
                    PodView($0).isReady && lab.status($0)["restartCount"]?.int == 1
                        && lab.status($0).text("lastState", "terminated", "reason") == "Bang"
                })
            #expect(PodView(try #require(lab.pod("p"))).condition("fairlead.dev/Stage")?.text("reason") == "crash")
        }
    }

    @Test(arguments: [
        ("no-such-registry/x", "IfNotPresent", "ImagePullBackOff"), ("x:404", "Always", "ImagePullBackOff"),
        ("x:404", "Never", "ErrImageNeverPull"), ("Bad Name", "Always", "InvalidImageName"),
    ])
    func imagesThatCannotBeHad(image: String, policy: String, reason: String) async throws {
        try await lab.run {
            try lab.create("p", #"[{"name":"c","image":"\#(image)","imagePullPolicy":"\#(policy)"}]"#)
            #expect(await lab.waits(for: "p") { lab.status($0).text("state", "waiting", "reason") == reason })
            #expect(lab.pod("p")?.text("status", "phase") == "Pending")
        }
    }

    @Test func rootIsRefusedToThoseWhoMustNotBe() async throws {
        try await lab.run {
            try lab.create(
                "root",
                #"[{"name":"c","image":"programs","command":["serve"],"securityContext":{"runAsNonRoot":true}}]"#)
            try lab.create(
                "other", #"[{"name":"c","image":"nonroot","command":["id"]}]"#,
                ["restartPolicy": "Never", "securityContext": ["runAsNonRoot": true, "fsGroup": 5]])
            try lab.create(
                "sysctl", #"[{"name":"c","image":"programs","command":["serve"]}]"#,
                ["securityContext": ["sysctls": [["name": "kernel.msgmax", "value": "1"]]]])
            #expect(
                await lab.waits(for: "root") {
                    lab.status($0).text("state", "waiting", "message")
                        == #"container has runAsNonRoot and image will run as root (pod: "root_n(uid-root)", container: c)"#
                })
            #expect(await lab.waits(for: "other") { $0.text("status", "phase") == "Succeeded" })
            #expect(lab.log("other") == "1234 0,5\n")
            #expect(
                await lab.waits(for: "sysctl") {
                    $0.text("status", "reason") == "SysctlForbidden" && $0.text("status", "phase") == "Failed"
                })
        }
    }

    @Test func theWorldOfAContainer() async throws {
        try await lab.run {
            lab.client.put(.configMaps, FixedObjects.configMap("settings", ["key": "value"]))
            try lab.create(
                "p",
                #"""
                [{"name":"c","image":"programs","command":["serve"],"workingDir":"/work",
                  "env":[{"name":"IP","valueFrom":{"fieldRef":{"fieldPath":"status.podIP"}}}],
                  "resources":{"limits":{"cpu":"500m","memory":"64Mi"}},
                  "securityContext":{"readOnlyRootFilesystem":true},
                  "volumeMounts":[{"name":"v","mountPath":"/etc/settings"},{"name":"e","mountPath":"/work"}]},
                 {"name":"d","image":"other","volumeMounts":[{"name":"e","mountPath":"/shared"}]}]
                """#,
                [
                    "hostname": "h",
                    "volumes": [
                        ["name": "v", "configMap": ["name": "settings"]], ["name": "e", "emptyDir": [:]],
                    ],
                ])
            #expect(await lab.isReady("p"))
            let ip = try #require(lab.pod("p")).text("status", "podIP")
            let variables = try await lab.exec("p", ["env"]).0.split(separator: "\n").map(String.init)
            for line in ["IP=\(ip)", "HOSTNAME=h", "FROM_IMAGE=yes", "HOME=/root"] { #expect(variables.contains(line)) }
            #expect(try await lab.exec("p", ["cat", "/etc/hosts"]).0.hasSuffix("\(ip)\th\n"))
            #expect(try await lab.exec("p", ["cat", "/etc/resolv.conf"]).0.contains("nameserver 10.96.0.10\n"))
            #expect(try await lab.exec("p", ["cat", "/etc/settings/key"]) == ("value", 0))
            #expect(try await lab.exec("p", ["cat", "/sys/fs/cgroup/cpu.max"]).0 == "50000 100000\n")
            #expect(try await lab.exec("p", ["write", "/new", "x"]).1 == 1)
            #expect(try await lab.exec("p", ["write", "here", "shared"]).1 == 0)
            #expect(try await lab.exec("p", ["cat", "/shared/here"], container: "d") == ("shared", 0))
            lab.client.put(.configMaps, FixedObjects.configMap("settings", ["key": "changed"]))
            var text = ""
            for _ in 0..<1000 where text != "changed" {
                text = try await lab.exec("p", ["cat", "/etc/settings/key"]).0
                try await Task.sleep(for: .milliseconds(1))
            }
            #expect(text == "changed")
        }
    }

    @Test func filesOfARestartAreNewButVolumesStay() async throws {
        try await lab.run {
            try lab.create(
                "p",
                #"[{"name":"c","image":"programs","command":["sleep","20"],"volumeMounts":[{"name":"e","mountPath":"/kept"}]}]"#,
                ["volumes": [["name": "e", "emptyDir": [:]]]])
            #expect(await lab.isReady("p"))
            #expect(try await lab.exec("p", ["write", "/kept/file", "a"]).1 == 0)
            #expect(try await lab.exec("p", ["write", "/tmp/file", "a"]).1 == 0)
            #expect(await lab.waits(for: "p") { lab.status($0)["restartCount"]?.int == 1 && PodView($0).isReady })
            #expect(try await lab.exec("p", ["cat", "/kept/file"]).0 == "a")
            #expect(try await lab.exec("p", ["cat", "/tmp/file"]).1 == 1)
        }
    }

    @Test(arguments: [
        ("File", #"["write","/dev/termination-log","OK"]"#, "OK"), ("File", #"["die","DONE"]"#, ""),
        ("FallbackToLogsOnError", #"["die","DONE"]"#, "DONE\n"), ("FallbackToLogsOnError", #"["echo","DONE"]"#, ""),
    ])
    func lastWords(policy: String, command: String, message: String) async throws {
        try await lab.run {
            try lab.create(
                "p",
                #"[{"name":"c","image":"programs","command":\#(command),"terminationMessagePolicy":"\#(policy)"}]"#,
                ["restartPolicy": "Never"])
            #expect(await lab.waits(for: "p") { PodView($0).isFinished })
            #expect(lab.status(try #require(lab.pod("p"))).text("state", "terminated", "message") == message)
        }
    }

    @Test func initContainersMustSucceed() async throws {
        try await lab.run {
            let main = #"[{"name":"c","image":"programs","command":["serve"]}]"#
            let bad: Value = ["name": "i", "image": "programs", "command": ["exit", "1"]]
            try lab.create("never", main, ["restartPolicy": "Never", "initContainers": [bad]])
            try lab.create("always", main, ["initContainers": [bad]])
            try lab.create(
                "good", main, ["initContainers": [["name": "i", "image": "programs", "command": ["echo", "x"]]]])
            #expect(await lab.waits(for: "never") { $0.text("status", "phase") == "Failed" })
            let pod = try #require(lab.pod("never"))
            #expect(PodView(pod).condition("Initialized")?.text("message") == "containers with incomplete status: [i]")
            #expect(lab.status(pod).text("state", "waiting", "reason") == "PodInitializing")
            #expect(await lab.waits(for: "always") { (lab.status($0, "i")["restartCount"]?.int ?? 0) >= 3 })
            #expect(lab.pod("always")?.text("status", "phase") == "Pending")
            #expect(await lab.isReady("good"))
            #expect(lab.log("good", "i") == "x\n")
        }
    }

    // MARK: - talking to it

    @Test func execTellsHowItWent() async throws {
        try await lab.run {
            try lab.create(
                "p", #"[{"name":"c","image":"programs","command":["serve"]},{"name":"idle","image":"nginx"}]"#)
            #expect(await lab.isReady("p"))
            #expect(try await lab.exec("p", ["exit", "42"]).1 == 42)
            let input = Pipe()
            try await input.write("typed")
            input.end()
            #expect(try await lab.exec("p", ["copy"], container: "idle", input: input) == ("typed", 0))
            await #expect(throws: PodAccessError.launch(.notFound("nothing"))) { try await lab.exec("p", ["nothing"]) }
            await #expect(throws: PodAccessError.notRunning(#"container not found ("x")"#)) {
                try await lab.exec("p", ["exit"], container: "x")
            }
            #expect(lab.log("p") == "started\n")
        }
    }

    @Test func terminalsGoBackToTheMargin() async throws {
        let output = OutputCollector()
        let terminal = TerminalSink(output)
        for text in ["a\n", "b\r", "\nc\r\n", "\n", "d"] { try await terminal.write(text) }
        #expect(output.text == "a\r\nb\r\nc\r\n\r\nd")
    }

    @Test func anExecEndsWithItsContainer() async throws {
        try await lab.run {
            try lab.create("p", #"[{"name":"c","image":"programs","command":["serve"]}]"#)
            #expect(await lab.isReady("p"))
            async let code = lab.exec("p", ["sleep", "100000"]).1
            try await lab.delete("p", grace: 5)
            #expect(try await code == 137)
            #expect(await lab.isGone("p"))
        }
    }

    @Test func attachedInputReachesTheProcess() async throws {
        try await lab.run {
            try lab.create(
                "p", #"[{"name":"c","image":"programs","command":["copy"],"stdin":true,"stdinOnce":true}]"#,
                ["restartPolicy": "Never"])
            #expect(await lab.isReady("p"))
            let input = Pipe()
            let output = OutputCollector()
            async let attached: Void = lab.runtime.attach(
                to: lab.name("p"), streams: ClientStreams(input: input, output: output))
            try await Task.sleep(for: .milliseconds(20))
            try await input.write("hello")
            #expect(await eventually { output.text == "hello" })
            input.end()
            try await attached
            #expect(await lab.waits(for: "p") { $0.text("status", "phase") == "Succeeded" })
            #expect(lab.log("p") == "hello")
        }
    }

    @Test func debuggersRunBesideTheOthers() async throws {
        try await lab.run {
            var pod = try lab.create("p", #"[{"name":"c","image":"nginx"}]"#)
            #expect(await lab.isReady("p"))
            pod = try #require(lab.pod("p"))
            pod.set([["name": "debug", "image": "programs", "command": ["serve"]]], at: "spec", "ephemeralContainers")
            lab.client.put(.pods, pod)
            #expect(await lab.waits(for: "p") { lab.status($0, "debug").at("state", "running") != nil })
            #expect(try await lab.exec("p", ["echo", "marco"], container: "debug").0 == "marco\n")
            #expect(lab.log("p", "debug") == "started\n")
        }
    }

    @Test func idleContainersHaveLogsAndPorts() async throws {
        try await lab.run {
            try lab.create("p", #"[{"name":"c","image":"nginx:1.27","ports":[{"containerPort":80}]}]"#)
            #expect(await lab.isReady("p"))
            #expect(await eventually { lab.log("p")?.contains("starting c from nginx:1.27\n") == true })
            #expect(lab.network.openPorts == 1)
            try await lab.runtime.connect(toPod: "uid-p", port: 80).close()
            await #expect(throws: NetworkError.refused) { try await lab.runtime.connect(toPod: "uid-p", port: 81) }
            try await lab.delete("p", grace: 30)
            #expect(await lab.isGone("p"))
            #expect(await eventually { lab.network.openPorts == 0 && lab.runtime.sandboxCount == 0 })
        }
    }
}
