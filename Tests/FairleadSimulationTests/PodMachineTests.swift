import FairleadClient
import FairleadModel
import FairleadScheduling
import Testing

@testable import FairleadSimulation

/// Golden timelines: what a pod's status and events show, second by second.
@Suite struct PodMachineTests {
    private func timeline(_ pod: Value, until end: Double, from start: Double = 0) -> (lines: [String], pod: Value) {
        PodTimeline().run(pod, until: end, from: start)
    }

    private static let start = PodTimeline.start

    private func pod(_ containers: [Value], _ more: Object = [:], annotations: [String: String] = [:]) -> Value {
        var spec = more
        spec["nodeName"] = "node-1"
        spec["containers"] = .array(containers)
        var pod: Value = [
            "apiVersion": "v1", "kind": "Pod",
            "metadata": ["name": "p", "namespace": "n", "uid": "u", "generation": 1], "spec": .object(spec),
            "status": ["phase": "Pending", "qosClass": "BestEffort"],
        ]
        pod.annotations = annotations
        return pod
    }

    @Test func plainPodIsReadyAfterOnePull() {
        let (lines, pod) = timeline(
            pod([["name": "c", "image": "nginx:1.14.2", "imagePullPolicy": "IfNotPresent"]]), until: 60)
        #expect(
            lines == [
                "0.0 Pending NotReady  c=ContainerCreating",
                "0.1 Running Ready 10.244.0.2 c=running+",
                "0.1 Normal Pulled Container image \"nginx:1.14.2\" already present on machine and can be accessed by the pod",
                "0.1 Normal Created Container created", "0.1 Normal Started Container started",
            ])
        let status = pod.items("status", "containerStatuses")[0]
        #expect(status.text("image") == "docker.io/library/nginx:1.14.2")
        #expect(status.text("imageID").hasPrefix("docker.io/library/nginx@sha256:"))
        #expect(status.text("containerID").count == "containerd://".count + 64)
        #expect(pod.text("status", "qosClass") == "BestEffort")
        #expect(
            pod.items("status", "conditions").map { $0.text("type") } == [
                "PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled",
            ])
    }

    @Test func probesDelayReadiness() {
        let container: Value = [
            "name": "c", "image": "i", "startupProbe": ["initialDelaySeconds": 1],
            "readinessProbe": ["initialDelaySeconds": 2],
        ]
        let (lines, _) = timeline(pod([container]), until: 60)
        #expect(
            lines.filter { $0.contains("10.244.0.2") } == [
                "0.1 Running NotReady 10.244.0.2 c=running", "1.15 Running NotReady 10.244.0.2 c=running",
                "3.2 Running Ready 10.244.0.2 c=running+",
            ])
    }

    @Test(arguments: ["inf", "-inf", "nan", "-1", "1e400", "soon"])
    func annotationsWithoutSenseAreToldOfAndIgnored(text: String) {
        let annotations = ["fairlead.dev/exit-after-seconds": text, "fairlead.dev/exit-code": "9223372036854775807"]
        let (lines, pod) = timeline(pod([["name": "c", "image": "i"]], annotations: annotations), until: 600)
        #expect(
            lines.count { $0.contains("Warning InvalidAnnotation annotation fairlead.dev/exit-after-seconds") } == 1)
        #expect(PodView(pod).isReady)
    }

    /// A status may have been written by anybody, and by an older build.
    @Test(arguments: [Int64.max, .min, 2_147_483_647, -1])
    func restartCountsOfAllSizesAreCountedOn(restarts: Int64) {
        for state: Value in [
            ["running": ["startedAt": "0001-01-01T00:00:00Z"]], ["waiting": ["reason": "CrashLoopBackOff"]],
            ["terminated": ["exitCode": .int(restarts)]], ["running": ["startedAt": "9999-12-31T23:59:59Z"]],
        ] {
            var pod = pod(
                [["name": "c", "image": "i", "readinessProbe": ["initialDelaySeconds": .int(restarts)]]],
                annotations: ["fairlead.dev/exit-after-seconds": "1e308"])
            pod.set(
                [["name": "c", "image": "other", "restartCount": .int(restarts), "state": state]],
                at: "status", "containerStatuses")
            pod.set(.int(restarts), at: "metadata", "deletionGracePeriodSeconds")
            _ = timeline(pod, until: 1000)
            let counts = timeline(pod, until: 1000).pod.items("status", "containerStatuses").map {
                $0["restartCount"]?.int
            }
            #expect(counts.allSatisfy { ($0 ?? -1) >= 0 && ($0 ?? .max) <= Int64(Int32.max) })
            pod.set("2026-01-01T00:00:00Z", at: "metadata", "deletionTimestamp")
            #expect(timeline(pod, until: 1000).lines.last?.hasSuffix("gone") == true)
        }
    }

    @Test func initContainersRunInOrderAndSidecarsStay() {
        let (lines, _) = timeline(
            pod(
                [["name": "c", "image": "i"]],
                [
                    "initContainers": [
                        ["name": "one", "image": "i"], ["name": "side", "image": "i", "restartPolicy": "Always"],
                    ]
                ]), until: 60)
        let states = lines.filter { $0.contains("Pending ") || $0.contains("Running ") }
        #expect(
            states == [
                "0.0 Pending NotReady  one=PodInitializing side=PodInitializing c=PodInitializing",
                "0.1 Pending NotReady 10.244.0.2 one=running side=PodInitializing c=PodInitializing",
                "0.2 Pending NotReady 10.244.0.2 one=Completed+ side=PodInitializing c=PodInitializing",
                "0.3 Pending NotReady 10.244.0.2 one=Completed+ side=running+ c=PodInitializing",
                "0.4 Running Ready 10.244.0.2 one=Completed+ side=running+ c=running+",
            ])
    }

    @Test func missingImageBacksOff() {
        let (lines, pod) = timeline(pod([["name": "c", "image": "example.com/does-not-exist"]]), until: 20)
        let states = lines.filter { $0.contains("NotReady") }
        #expect(
            states == [
                "0.0 Pending NotReady  c=ContainerCreating", "0.1 Pending NotReady 10.244.0.2 c=ErrImagePull",
                "1.1 Pending NotReady 10.244.0.2 c=ImagePullBackOff",
                "11.1 Pending NotReady 10.244.0.2 c=ErrImagePull",
                "12.1 Pending NotReady 10.244.0.2 c=ImagePullBackOff",
            ])
        #expect(lines.contains("0.1 Warning Failed Error: ErrImagePull"))
        #expect(lines.contains("1.1 Normal BackOff Back-off pulling image \"example.com/does-not-exist\""))
        var repaired = pod
        repaired.set(.array([["name": "c", "image": "nginx"]]), at: "spec", "containers")
        #expect(timeline(repaired, until: 30, from: 20).pod.text("status", "phase") == "Running")
    }

    @Test(arguments: [
        ("Never", "0", "Succeeded"), ("Never", "3", "Failed"), ("OnFailure", "0", "Succeeded"),
        ("OnFailure", "3", "Running"),
        ("Always", "0", "Running"),
    ])
    func exitsFollowTheRestartPolicy(policy: String, code: String, phase: String) {
        let (_, pod) = timeline(
            pod(
                [["name": "c", "image": "i"]], ["restartPolicy": .string(policy)],
                annotations: [SimulationKeys.exitAfter: "1", SimulationKeys.exitCode: code]), until: 5)
        #expect(pod.text("status", "phase") == phase)
        let isRestarting = phase == "Running"
        #expect(
            (pod.items("status", "containerStatuses")[0].text("state", "waiting", "reason") == "CrashLoopBackOff")
                == isRestarting)
    }

    /// The first restart comes at once, the others after a delay that doubles.
    @Test func crashingContainerComesBackAfterItsBackOff() {
        let crashing = pod(
            [["name": "c", "image": "i"]],
            annotations: [SimulationKeys.exitAfter: "1", SimulationKeys.exitCode: "1"])
        for (time, restarts) in [(0.5, 0), (1.5, 1), (12.5, 2), (33.5, 3)] {
            let (_, pod) = timeline(crashing, until: time)
            let status = pod.items("status", "containerStatuses")[0]
            #expect(ContainerMachine.state(of: status) == "running")
            #expect(status["restartCount"]?.int == Int64(restarts))
            #expect(status.at("lastState", "terminated", "exitCode")?.int == (restarts == 0 ? nil : 1))
        }
        let waiting = timeline(crashing, until: 13.5).pod.items("status", "containerStatuses")[0]
        #expect(waiting.text("state", "waiting", "message").hasPrefix("back-off 20s restarting failed container=c"))
    }

    @Test func deletionStopsContainersThenRemoves() {
        var running = timeline(pod([["name": "c", "image": "i"]]), until: 1).pod
        running.set("2027-01-15T08:00:10Z", at: "metadata", "deletionTimestamp")
        running.set(30, at: "metadata", "deletionGracePeriodSeconds")
        let (lines, _) = timeline(running, until: 60, from: 10)
        #expect(
            lines == [
                "10.0 Normal Killing Stopping container c", "10.3 Succeeded NotReady 10.244.0.2 c=Completed",
                "10.3 gone",
            ])
    }

    @Test func annotationTakesReadinessAway() {
        var running = timeline(pod([["name": "c", "image": "i"]]), until: 1).pod
        running.annotations[SimulationKeys.ready] = "false"
        let (lines, _) = timeline(running, until: 5, from: 4)
        #expect(lines.first == "4.0 Running NotReady 10.244.0.2 c=running")
        #expect(lines.last?.contains("Unhealthy Readiness probe failed") == true)
    }

    @Test func readinessGatesHoldThePodBack() {
        let gated = timeline(
            pod([["name": "c", "image": "i"]], ["readinessGates": [["conditionType": "example.com/lb"]]]), until: 1
        ).pod
        #expect(!PodView(gated).isReady)
        #expect(PodView(gated).condition("Ready")?.text("reason") == "ReadinessGatesNotReady")
        var open = gated
        let condition: Value = ["type": "example.com/lb", "status": "True"]
        open.set(.array(gated.items("status", "conditions") + [condition]), at: "status", "conditions")
        #expect(PodView(timeline(open, until: 2, from: 1).pod).isReady)
    }

    @Test func restartGoesOnWhereItWas() {
        let half = timeline(pod([["name": "c", "image": "i"]]), until: 0.05).pod
        #expect(half.text("status", "phase") == "Pending")
        #expect(timeline(half, until: 60, from: 30).pod.text("status", "phase") == "Running")
    }

    @Test func podsEndAtTheirDeadline() {
        let (lines, pod) = timeline(
            pod([["name": "c", "image": "nginx", "imagePullPolicy": "IfNotPresent"]], ["activeDeadlineSeconds": 5]),
            until: 60)
        let end = lines.filter { $0.hasPrefix("5.0 ") }
        let text = "Pod was active on the node longer than the specified deadline"
        #expect(
            end == [
                "5.0 Failed NotReady 10.244.0.2 c=Error", "5.0 Normal DeadlineExceeded \(text)",
                "5.0 Normal Killing Stopping container c",
            ])
        #expect(pod.text("status", "reason") == "DeadlineExceeded")
        #expect(pod.text("status", "message") == text)
    }

    private func machine(_ pod: Value, fault: KubeletEvent? = nil, room: PodResize.Room? = nil) -> PodMachine {
        PodMachine(
            pod: pod, hostIPs: ["172.18.0.2"], podIPs: fault == nil ? ["10.244.0.2"] : [], networkFault: fault,
            room: room, delays: StageDelays(), now: Self.start, moment: .seconds(1))
    }

    @Test func podsWithoutANetworkDoNotRun() throws {
        let range = try #require(CIDR("10.244.0.0/24"))
        let pod = pod([["name": "c", "image": "nginx"]])
        let fault = NetworkFault.exhausted(range, index: 0, pod: pod)
        #expect(fault.message.hasSuffix("no IP addresses available in range set: 10.244.0.1-10.244.0.254"))
        var memory = PodMemory()
        let step = machine(pod, fault: fault).next(&memory)
        #expect(step.events == [fault])
        #expect(step.again == StageDelays().backOff)
        let status = try #require(step.status)
        #expect(status.text("phase") == "Pending")
        #expect(
            status.items("containerStatuses").map { $0.text("state", "waiting", "reason") } == ["ContainerCreating"])
    }

    @Test(arguments: [
        ("2", "NotRequired", "granted"), ("2", "RestartContainer", "restarted"), ("9", "NotRequired", "Infeasible"),
        ("7", "NotRequired", "Deferred"),
    ])
    func resourcesChangeInPlace(cpu: String, policy: String, outcome: String) throws {
        var container: Value = ["name": "c", "image": "nginx", "resources": ["requests": ["cpu": "1"]]]
        container["resizePolicy"] = [["resourceName": "cpu", "restartPolicy": .string(policy)]]
        var (_, pod) = timeline(pod([container]), until: 60)
        #expect(!PodResize.isPending(pod))
        #expect(pod.items("status", "containerStatuses")[0].text("allocatedResources", "cpu") == "1")
        container.set(.string(cpu), at: "resources", "requests", "cpu")
        pod.set([container], at: "spec", "containers")
        #expect(PodResize.isPending(pod))
        let room = PodResize.Room(
            allocatable: ResourceDemand(allocatable: ["cpu": "8", "memory": "1Gi"]),
            used: ResourceDemand(allocatable: ["cpu": "2"]))
        var memory = PodMemory()
        let status = try #require(machine(pod, room: room).next(&memory).status)
        let container1 = status.items("containerStatuses")[0]
        let isGranted = outcome == "granted" || outcome == "restarted"
        #expect(container1.text("resources", "requests", "cpu") == (isGranted ? cpu : "1"))
        #expect(container1["restartCount"]?.int == (outcome == "restarted" ? 1 : 0))
        let pending = status.items("conditions").first { $0.text("type") == "PodResizePending" }
        #expect(pending?.text("reason") == (isGranted ? nil : outcome))
    }
}
