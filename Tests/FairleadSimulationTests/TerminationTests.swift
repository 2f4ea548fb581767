import FairleadClientTesting
import FairleadContainers
import FairleadModel
import Synchronization
import Testing

@testable import FairleadSimulation

/// Hooks, and how containers and pods end.
@Suite struct TerminationTests {
    private let lab = KubeletLab()

    /// The last status of a pod that goes.
    private func ending(of pod: String, grace: Int64) async throws -> (status: Value, took: Double) {
        let last = Mutex<Value>(.null)
        try await lab.delete(pod, grace: grace)
        let began = lab.now()
        #expect(
            await eventually {
                guard let pod = lab.pod(pod) else { return true }
                last.withLock { $0 = pod }
                return false
            })
        return (last.withLock { $0 }, lab.now().since(began))
    }

    @Test(arguments: [
        (#"["serve"]"#, 30, 143, 0.0, 20.0), (#"["sleep","1000"]"#, 5, 137, 5.0, 25.0),
        (#"["sleep","1000"]"#, 0, 137, 0.0, 3.0),
    ])
    func programsAreToldAndThenKilled(command: String, grace: Int64, code: Int64, from: Double, to: Double) async throws
    {
        try await lab.run {
            try lab.create("p", #"[{"name":"c","image":"programs","command":\#(command)}]"#)
            #expect(await lab.isReady("p"))
            let (pod, took) = try await ending(of: "p", grace: grace)
            #expect(took >= from && took < to)
            let state = lab.status(pod).at("state", "terminated")
            #expect(state == nil || state?["exitCode"]?.int == code)
            #expect(await eventually { lab.events("Killing").contains("Stopping container c") })
            #expect(await eventually { lab.runtime.sandboxCount == 0 })
        }
    }

    @Test func hooksRunInTheContainer() async throws {
        try await lab.run {
            try lab.create(
                "p",
                #"""
                [{"name":"c","image":"programs","command":["serve"],
                  "lifecycle":{"postStart":{"exec":{"command":["write","/shared/start","yes"]}},
                               "preStop":{"exec":{"command":["write","/shared/stop","yes"]}}},
                  "volumeMounts":[{"name":"v","mountPath":"/shared"}]}]
                """#, ["volumes": [["name": "v", "hostPath": ["path": "/data", "type": "DirectoryOrCreate"]]]])
            #expect(await lab.isReady("p"))
            let files = ContainerFiles(root: lab.runtime.machines.tree(ofNode: "node-1"), now: lab.now)
            #expect(try files.text("/data/start") == "yes")
            #expect(!files.exists("/data/stop"))
            _ = try await ending(of: "p", grace: 30)
            #expect(try files.text("/data/stop") == "yes")
        }
    }

    /// A container does not run before its hook is done.
    @Test func startsThatTakeLong() async throws {
        try await lab.run {
            let created = lab.now()
            try lab.create(
                "p",
                #"[{"name":"c","image":"programs","command":["serve"],"lifecycle":{"postStart":{"sleep":{"seconds":10}}}}]"#
            )
            #expect(await lab.isReady("p"))
            #expect(lab.now().since(created) >= 10)
            #expect(lab.status(try #require(lab.pod("p")))["restartCount"]?.int == 0)
        }
    }

    @Test func aHookThatFailsEndsTheContainer() async throws {
        try await lab.run {
            try lab.create(
                "p",
                #"[{"name":"c","image":"programs","command":["serve"],"lifecycle":{"postStart":{"exec":{"command":["exit","1"]}}}}]"#
            )
            #expect(await eventually { lab.events("FailedPostStartHook").contains("PostStartHook failed") })
            #expect(await lab.waits(for: "p") { (lab.status($0)["restartCount"]?.int ?? 0) >= 1 })
        }
    }

    @Test func hooksAskOverHTTP() async throws {
        try await lab.run {
            try lab.create("server", #"[{"name":"c","image":"programs","command":["web","8080"]}]"#)
            #expect(await lab.isReady("server"))
            let ip = try #require(lab.pod("server")).text("status", "podIP")
            try lab.create(
                "p",
                #"[{"name":"c","image":"nginx","lifecycle":{"postStart":{"httpGet":{"host":"\#(ip)","port":8080,"path":"/echo?msg=poststart"}}}}]"#
            )
            try lab.create(
                "bad",
                #"[{"name":"c","image":"nginx","lifecycle":{"postStart":{"httpGet":{"host":"\#(ip)","port":1,"path":"/"}}}}]"#
            )
            #expect(await lab.isReady("p"))
            #expect(await eventually { lab.events("FailedPostStartHook").count == 1 })
        }
    }

    @Test func hooksThatHangTakeNoMoreThanTheGrace() async throws {
        try await lab.run {
            try lab.create(
                "p",
                #"[{"name":"c","image":"programs","command":["serve"],"lifecycle":{"preStop":{"sleep":{"seconds":3600}}}}]"#
            )
            #expect(await lab.isReady("p"))
            let (_, took) = try await ending(of: "p", grace: 10)
            #expect(took >= 10 && took < 40)
        }
    }

    /// Sidecars end after the others, the last one first.
    @Test func sidecarsOutliveTheOthers() async throws {
        try await lab.run {
            let sidecars: [Value] = ["one", "two"].map { name in
                [
                    "name": .string(name), "image": "programs", "command": ["serve"], "restartPolicy": "Always",
                    "lifecycle": ["preStop": ["exec": ["command": ["write", .string("/shared/\(name)"), "x"]]]],
                    "volumeMounts": [["name": "v", "mountPath": "/shared"]],
                ]
            }
            try lab.create(
                "p",
                #"""
                [{"name":"c","image":"programs","command":["serve"],"lifecycle":{"preStop":{"sleep":{"seconds":5}}},
                  "volumeMounts":[{"name":"v","mountPath":"/shared"}]}]
                """#,
                [
                    "initContainers": .array(sidecars),
                    "volumes": [["name": "v", "hostPath": ["path": "/data", "type": "DirectoryOrCreate"]]],
                ])
            #expect(await lab.isReady("p"))
            let began = lab.now()
            _ = try await ending(of: "p", grace: 30)
            let files = ContainerFiles(root: lab.runtime.machines.tree(ofNode: "node-1"), now: lab.now)
            let one = try files.status("/data/one", as: .root).modified
            let two = try files.status("/data/two", as: .root).modified
            #expect(two.since(began) >= 5)
            #expect(one >= two)
        }
    }

    @Test func aPodIsOverWhenItsMainContainersAre() async throws {
        try await lab.run {
            try lab.create(
                "p", #"[{"name":"c","image":"programs","command":["sleep","3"]}]"#,
                [
                    "restartPolicy": "Never",
                    "initContainers": [
                        ["name": "side", "image": "programs", "command": ["serve"], "restartPolicy": "Always"]
                    ],
                ])
            #expect(await lab.waits(for: "p") { $0.text("status", "phase") == "Succeeded" })
            #expect(ContainerMachine.state(of: lab.status(try #require(lab.pod("p")), "side")) == "terminated")
        }
    }

    @Test func aSidecarThatEndsComesBack() async throws {
        try await lab.run {
            try lab.create(
                "p", #"[{"name":"c","image":"programs","command":["serve"]}]"#,
                [
                    "restartPolicy": "Never",
                    "initContainers": [
                        ["name": "side", "image": "programs", "command": ["sleep", "5"], "restartPolicy": "Always"]
                    ],
                ])
            #expect(await lab.waits(for: "p") { (lab.status($0, "side")["restartCount"]?.int ?? 0) >= 1 })
            #expect(lab.status(try #require(lab.pod("p")))["restartCount"]?.int == 0)
        }
    }

    @Test func deadlinesKillPrograms() async throws {
        try await lab.run {
            try lab.create(
                "p", #"[{"name":"c","image":"programs","command":["serve"]}]"#, ["activeDeadlineSeconds": 5])
            #expect(await lab.waits(for: "p") { $0.text("status", "reason") == "DeadlineExceeded" })
            #expect(lab.status(try #require(lab.pod("p"))).at("state", "terminated", "exitCode")?.int == 137)
            #expect(await eventually { lab.log("p") == "started\n" })
        }
    }

    /// After a restart of the server, what should run is started again, without a trace in the status.
    @Test func aNewServerStartsProgramsAgain() async throws {
        let first = KubeletLab()
        try await first.run {
            try first.create(
                "p",
                #"[{"name":"c","image":"programs","command":["serve"],"readinessProbe":{"exec":{"command":["exit","0"]}}}]"#
            )
            #expect(await first.isReady("p"))
        }
        let pod = try #require(first.pod("p"))
        lab.client.put(.pods, pod)
        try await lab.run {
            #expect(await eventually { lab.log("p") == "started\n" })
            let (text, code) = try await lab.exec("p", ["echo", "hi"])
            #expect(text == "hi\n" && code == 0)
            #expect(lab.pod("p")?["status"] == pod["status"])
        }
    }

    @Test func annotationsGoOnToWork() async throws {
        try await lab.run {
            try lab.create(
                "p", #"[{"name":"c","image":"programs","command":["serve"]}]"#, ["restartPolicy": "Never"],
                annotations: [SimulationKeys.exitAfter: "3", SimulationKeys.exitCode: "7"])
            #expect(await lab.waits(for: "p") { $0.text("status", "phase") == "Failed" })
            #expect(lab.status(try #require(lab.pod("p"))).at("state", "terminated", "exitCode")?.int == 7)
        }
    }
}
