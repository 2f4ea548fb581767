import FairleadModel
import FairleadPrograms
import Foundation
import Testing

@testable import FairleadSimulation

/// Lives of pods with stages from files, second by second.
@Suite struct StageTests {
    private static func page() throws -> [String] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().resolvingSymlinksInPath()
            .deletingLastPathComponent().deletingLastPathComponent()
        let text = try String(contentsOf: root.appending(path: "docs/stages.md"), encoding: .utf8)
        return text.split(separator: "```yaml\n").dropFirst().map { part in
            part.firstRange(of: "```").map { String(part[..<$0.lowerBound]) } ?? ""
        }
    }

    private static func stages(_ text: String) throws -> PodStages {
        try PodStages([PodStages.Source(name: "stages.yaml", text: text)])
    }

    /// One stage of that name, with what follows `spec` in short.
    private static func stage(_ name: String, _ spec: String) -> String {
        """
        ---
        apiVersion: kwok.x-k8s.io/v1alpha1
        kind: Stage
        metadata: {name: \(name)}
        spec: {resourceRef: {kind: Pod}, \(spec)}

        """
    }

    private func pod(
        labels: [String: String] = [:], annotations: [String: String] = [:], uid: String = "u",
        policy: String = "Always"
    ) -> Value {
        var pod: Value = [
            "apiVersion": "v1", "kind": "Pod",
            "metadata": ["name": "p", "namespace": "n", "uid": .string(uid), "generation": 1],
            "spec": [
                "nodeName": "node-1", "restartPolicy": .string(policy),
                "containers": [["name": "app", "image": "nginx:1"]],
            ], "status": ["phase": "Pending", "qosClass": "BestEffort"],
        ]
        pod.annotations = annotations
        for (key, value) in labels { pod.set(.string(value), at: "metadata", "labels", key) }
        return pod
    }

    private func lines(_ stages: PodStages, _ pod: Value, until end: Double) -> [String] {
        PodTimeline(stages: stages).run(pod, until: end).lines
    }

    private static let start = [
        "0.1 Normal Pulled Container image \"nginx:1\" already present on machine and can be accessed by the pod",
        "0.1 Normal Created Container created", "0.1 Normal Started Container started",
    ]

    @Test func theBuiltInLifeIsAsDocumented() throws {
        let stages = try Self.stages(try Self.page()[1])
        #expect(stages.count == Stage.Step.allCases.count)
        var none = StageDelays()
        for step in Stage.Step.allCases { none[step] = .seconds(77) }
        #expect(stages.delays(of: pod(), none) == StageDelays())
    }

    @Test func theExampleOfThePageDoesWhatThePageSays() throws {
        let stages = try Self.stages(try Self.page()[0])
        #expect(stages.count == 3)
        let evicted = lines(stages, pod(annotations: ["example.com/evict-after": "7s"]), until: 60)
        #expect(
            evicted == [
                "0.0 Pending NotReady  app=ContainerCreating", "0.1 Running Ready 10.244.0.2 app=running+",
            ] + Self.start + [
                "7.0 Failed NotReady 10.244.0.2 app=Error",
                "7.0 Normal Evicted The node was low on resource: memory.",
                "7.0 Normal Killing Stopping container app",
            ])
        let slow = lines(stages, pod(labels: ["registry": "slow"]), until: 60)
        let ready = try #require(
            slow.first { $0.contains(" Ready ") }?.split(separator: " ").first.flatMap { Double($0) })
        #expect((5...20).contains(ready))
        #expect(
            lines(stages, pod(annotations: ["example.com/evict-after": "soon"]), until: 60).last?.hasPrefix("0.")
                == true)
    }

    @Test func aStageHoldsWhatItHasChangedUntilTheNext() throws {
        let stages = try Self.stages(
            Self.stage(
                "pause",
                """
                selector: {matchLabels: {a: b}, matchExpressions: [
                  {key: '.status.conditions[] | select(.type == "Ready") | .status', operator: In, values: ["True"]}]},
                delay: {durationMilliseconds: 2000}, next: {ready: false,
                  event: {type: Warning, reason: Paused, message: for a while}}
                """)
                + Self.stage(
                    "go-on",
                    """
                    selector: {matchExpressions: [
                      {key: '.status.conditions[] | select(.type == "fairlead.dev/Stage") | .reason',
                       operator: In, values: [pause]}]},
                    delay: {durationMilliseconds: 3000}, next: {status: {conditions: [
                      {type: example.com/Rested, status: "True", reason: Slept}]}}
                    """))
        let (lines, pod) = PodTimeline(stages: stages).run(pod(labels: ["a": "b"]), until: 6)
        #expect(
            lines.filter { !Self.start.contains($0) } == [
                "0.0 Pending NotReady  app=ContainerCreating", "0.1 Running Ready 10.244.0.2 app=running+",
                "2.1 Running NotReady 10.244.0.2 app=running", "2.1 Warning Paused for a while",
                "5.1 Running Ready 10.244.0.2 app=running+",
            ])
        #expect(PodView(pod).condition("example.com/Rested")?.text("reason") == "Slept")
        #expect(PodView(pod).condition(Stage.conditionType)?.text("reason") == "go-on")
        #expect(self.lines(stages, self.pod(), until: 60).last == Self.start.last)
    }

    @Test func runsEndAndThePolicyDecides() throws {
        let stages = try Self.stages(
            Self.stage(
                "crash",
                """
                selector: {matchExpressions: [{key: .status.phase, operator: In, values: [Running]},
                  {key: '.status.containerStatuses[].restartCount', operator: In, values: [0]}]},
                delay: {durationMilliseconds: 4000},
                next: {exit: {container: "a*", exitCode: 137, reason: OOMKilled}}
                """))
        let always = PodTimeline(stages: stages).run(pod(), until: 30).pod
        let status = always.items("status", "containerStatuses")[0]
        #expect(status["restartCount"]?.int == 1)
        #expect(status.text("lastState", "terminated", "reason") == "OOMKilled")
        #expect(status.at("lastState", "terminated", "exitCode")?.int == 137)
        #expect(PodView(always).isReady)
        let never = lines(stages, pod(policy: "Never"), until: 30)
        #expect(never.last == "4.1 Failed NotReady 10.244.0.2 app=OOMKilled")
    }

    @Test func podsAreDeletedAlsoAfterTheirEnd() throws {
        let stages = try Self.stages(
            Self.stage(
                "done", "delay: {durationMilliseconds: 1000}, next: {status: {phase: Succeeded}}")
                + Self.stage(
                    "gone",
                    """
                    selector: {matchExpressions: [{key: .status.phase, operator: In, values: [Succeeded]}]},
                    weight: 5, delay: {durationMilliseconds: 2000}, next: {delete: true}
                    """))
        #expect(
            lines(stages, pod(), until: 60).suffix(4) == [
                "1.0 Succeeded NotReady 10.244.0.2 app=Completed", "1.0 Normal Killing Stopping container app",
                "3.0 deleted", "3.0 gone",
            ])
    }

    /// Of many pods, about as many as the numbers say; each of them the same way every time.
    @Test func chanceFollowsFromThePod() throws {
        let stages = try Self.stages(
            Self.stage(
                "a",
                "weight: 3, probability: 0.5, delay: {durationMilliseconds: 1000, jitterDurationMilliseconds: 2000}, next: {event: {reason: A}}"
            )
                + Self.stage("b", "weight: 1, probability: 0.5, next: {event: {reason: B}}"))
        var counts: [String: Int] = [:]
        for index in 0..<1000 {
            let pod = pod(uid: "uid-\(index)")
            var (first, second): (PodStages.Wait?, PodStages.Wait?)
            let next = stages.next(for: pod, &first, moment: .zero)
            _ = stages.next(for: pod, &second, moment: .zero)
            #expect(first == second)
            counts[next?.stage.name ?? "none", default: 0] += 1
            if let next, next.stage.name == "a" {
                #expect(next.rest >= .seconds(1) && next.rest < .seconds(2))
                #expect(
                    stages.next(for: pod, &first, moment: .milliseconds(400))?.rest == next.rest - .milliseconds(400))
            }
        }
        // 1/4 + 1/4 · 3/4, 1/4 + 1/4 · 1/4, 1/4.
        #expect((390...490).contains(counts["a"] ?? 0))
        #expect((260...370).contains(counts["b"] ?? 0))
        #expect((200...300).contains(counts["none"] ?? 0))
    }

    /// A stage that leads to itself does not keep the machine busy.
    @Test func repetitionIsSlow() throws {
        let stages = try Self.stages(Self.stage("again", "next: {event: {reason: Again}}"))
        let times = lines(stages, pod(), until: 10).filter { $0.contains("Normal Again") }
        #expect((9...12).contains(times.count), "\(times)")
    }

    /// Nor do stages that lead to each other: each is for pods that are in the other one.
    @Test func aPodThatGoesRoundInCirclesIsSlow() throws {
        func stage(_ name: String, _ condition: String) -> String {
            Self.stage(
                name,
                """
                selector: {matchExpressions: [{key: '.status.conditions[] | select(.type == "fairlead.dev/Stage") | .reason', \
                \(condition)}]}, next: {event: {reason: Round}}
                """)
        }
        let stages = try Self.stages(
            stage("a", "operator: NotIn, values: [a]") + stage("b", "operator: In, values: [a]"))
        let rounds = lines(stages, pod(), until: 60).count { $0.contains("Normal Round") }
        #expect((60...80).contains(rounds), "\(rounds)")
    }

    /// Nor do stages that lead to each other.
    @Test func circlesAreSlow() throws {
        let stages = try Self.stages(
            Self.stage("a", "next: {event: {reason: A}}") + Self.stage("b", "next: {event: {reason: B}}"))
        var pod = pod()
        var wait: PodStages.Wait?
        var now = Duration.zero
        var count = 0
        while now < .seconds(60), let next = stages.next(for: pod, &wait, moment: now) {
            now += next.rest
            count += 1
            wait?.isOver = true
            // Each change takes a millisecond, and makes a new round.
            now += .milliseconds(1)
            let changed: Value = [
                "type": .string(Stage.conditionType), "reason": "other", "lastTransitionTime": .string("\(now)"),
            ]
            pod.set([changed], at: "status", "conditions")
        }
        #expect((60...80).contains(count), "\(count)")
    }

    @Test(arguments: [
        ("weight: 1", "stage s: spec.next: is missing"),
        (
            "next: {}, delay: {durationMilliseconds: -1}",
            "stage s: spec.delay.durationMilliseconds: must be a number from 0 to 31536000000"
        ),
        (
            "next: {}, delay: {durationMilliseconds: 9e99}",
            "stage s: spec.delay.durationMilliseconds: must be a number from 0 to 31536000000"
        ),
        (
            "next: {}, delay: {durationMilliseconds: 5, jitterDurationMilliseconds: 4}",
            "stage s: spec.delay.jitterDurationMilliseconds: must not be less than durationMilliseconds: the wait has a length between the two"
        ),
        (
            "next: {step: Jump}",
            "stage s: spec.next.step: must be one of ImagesPulled, InitContainerEnded, Stopped, FailureNoted, BackOffEnded, JobEnded"
        ),
        ("next: {step: Stopped, delete: true}", "stage s: spec.next.step: must stand alone"),
        (
            "next: {statusTemplate: x}",
            "stage s: spec.next.statusTemplate: templates cannot be read; spec.next.status takes their place"
        ),
        (
            "next: {status: {phase: Running}}",
            "stage s: spec.next.status.phase: must be Failed or Succeeded; the others follow from the containers"
        ),
        ("next: {status: {reason: Evicted}}", "stage s: spec.next.status.reason: needs phase"),
        (
            "next: {status: {conditions: [{type: A, status: yes}]}}",
            "stage s: spec.next.status.conditions[0].status: must be a text"
        ),
        ("next: {exit: {exitCode: 256}}", "stage s: spec.next.exit.exitCode: must be a number from 0 to 255"),
        ("next: {jump: 1}", "stage s: spec.next.jump: there is no such field"),
        ("next: {}, probability: 1.5", "stage s: spec.probability: must be a number from 0 to 1"),
        (
            "next: {}, selector: {matchExpressions: [{key: .a, operator: In}]}",
            "stage s: spec.selector.matchExpressions[0].values: is missing"
        ),
        (
            "next: {}, selector: {matchExpressions: [{key: .a, operator: Exists, values: [b]}]}",
            "stage s: spec.selector.matchExpressions[0].values: must be left out with Exists"
        ),
        (
            "next: {}, selector: {matchExpressions: [{key: 'a.b', operator: Exists}]}",
            #"stage s: spec.selector.matchExpressions[0].key: "a.b": a path begins with a dot at character 1"#
        ),
        (
            "next: {}, selector: {matchExpressions: [{key: '.a[\"b', operator: Exists}]}",
            #"stage s: spec.selector.matchExpressions[0].key: ".a[\"b": "\"" is wanted at character 6"#
        ),
    ])
    func mistakesAreNamedWithFileStageAndField(spec: String, message: String) {
        #expect(throws: FieldFault(message: "stages.yaml: \(message)")) { try Self.stages(Self.stage("s", spec)) }
    }

    @Test func otherDocumentsAreRefused() {
        let deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\n"
        #expect(throws: FieldFault(message: "stages.yaml: stage d: apiVersion: must be kwok.x-k8s.io/v1alpha1")) {
            try Self.stages(deployment)
        }
        #expect(throws: FieldFault(message: "stages.yaml: document 2: metadata.name: is missing")) {
            try Self.stages("---\napiVersion: kwok.x-k8s.io/v1alpha1\nkind: Stage\n")
        }
        let twice = Self.stage("s", "next: {}")
        #expect(
            throws: FieldFault(message: "stages.yaml: stage s: metadata.name: there is one of this name in stages.yaml")
        ) {
            try Self.stages(twice + twice)
        }
        let node = twice.replacing("kind: Pod", with: "kind: Node")
        #expect(
            throws: FieldFault(
                message: "stages.yaml: stage s: spec.resourceRef.kind: must be Pod; other kinds have no stages")
        ) { try Self.stages(node) }
        #expect(throws: FieldFault.self) { try Self.stages("a: [") }
    }

    @Test(arguments: [
        (".metadata.name", ["p"]), (".spec.containers[0].image", ["nginx:1"]), (".spec.containers[].name", ["app"]),
        (".metadata[\"namespace\"]", ["n"]), (".metadata.generation", ["1"]), (".spec.containers[1].image", []),
        (".spec.containers[] | select(.name == \"app\") | .image", ["nginx:1"]),
        (".spec.containers[] | select(.name == \"b\") | .image", []), (".spec.containers.[0].name", ["app"]),
        (".spec.nodeName.x[]", []),
    ])
    func placesAreFound(path: String, texts: [String]) throws {
        #expect(try StagePath(path).values(in: pod()).compactMap { StagePath.text(of: $0) } == texts)
    }

    @Test(arguments: [
        "", "name", ".", ".a.", ".a[", ".a[x]", ".a[99999999999999999999]", ".a | select(", ".a | select(.b == c)",
        ".a | select(.b == \"c\"", ".a b", ".a | select(select(.b == \"c\") == \"d\")", ".a |",
    ])
    func otherPathsAreRefused(path: String) {
        #expect(throws: FieldFault.self) { try StagePath(path) }
    }
}
