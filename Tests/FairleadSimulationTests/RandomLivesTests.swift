import FairleadClient
import FairleadClientTesting
import FairleadModel
import Foundation
import Testing

@testable import FairleadControllers
@testable import FairleadSimulation

/// Pods live random lives in virtual time: none sticks, no two have one address, and the EndpointSlices of their Service
/// have the ready ones. `FAIRLEAD_LIVES` says how many pods; `scripts/test lives` runs ten thousand.
@Suite struct RandomLivesTests {
    /// How many pods there are at a time.
    private static let crowd = 400
    private static let lives = ProcessInfo.processInfo.environment["FAIRLEAD_LIVES"].flatMap { Int($0) } ?? 400
    private static let label: Value = ["app": "lives"]

    @Test(.timeLimit(.minutes(30)))
    func nobodySticksAndNoAddressIsTwice() async throws {
        let lab = KubeletLab()
        var random = SplitMix64(seed: 7)
        lab.client.put(
            .services,
            [
                "apiVersion": "v1", "kind": "Service", "metadata": ["name": "lives", "namespace": "n", "uid": "s1"],
                "spec": [
                    "type": "ClusterIP", "clusterIP": "10.96.0.7", "clusterIPs": ["10.96.0.7"],
                    "ipFamilies": ["IPv4"], "selector": Self.label,
                    "ports": [["port": 80, "targetPort": 80, "protocol": "TCP"]],
                ],
            ])
        try await lab.run(range: "10.244.0.0/16", step: .milliseconds(500), others: Self.sliceController) {
            var born = 0
            var rounds = 0
            var alive: [String: Fate] = [:]
            var quiet = 0
            while born < Self.lives || !alive.isEmpty {
                while born < Self.lives, alive.count < Self.crowd {
                    let name = "p\(born)"
                    alive[name] = try Fate(name, lab, &random)
                    born += 1
                }
                let ended = try await step(lab, &alive, &random)
                // Nobody reads them.
                for event in lab.client.objects(.events) {
                    try await lab.client.delete(.events, namespace: "n", name: event.name, options: DeleteOptions())
                }
                rounds += 1
                if rounds % 40 == 0 { await expectTrueSlices(lab) }
                quiet = ended == 0 ? quiet + 1 : 0
                // Half a minute without a single end: somebody sticks.
                try #require(quiet < 6000, "stuck: \(alive.keys.sorted().prefix(5).compactMap { lab.pod($0) })")
                try await Task.sleep(for: .milliseconds(5))
            }
            await expectTrueSlices(lab)
            #expect(await eventually { lab.runtime.sandboxCount == 0 && lab.network.openPorts == 0 })
        }
    }

    private static func sliceController(_ informers: InformerSet, _ environment: Environment) -> [any Controller] {
        let bootstrap = Bootstrap(
            client: informers.client,
            configuration: .init(serviceCIDRs: [], serverPort: 6443, advertiseAddress: "192.0.2.1"),
            environment: environment)
        let settings = ControllerSettings(
            resources: ManagedResources([], informers: informers), bootstrap: bootstrap)
        return [
            EndpointSliceController.descriptor.make(
                ControllerContext(informers: informers, environment: environment), settings)
        ]
    }

    /// While the clock stands still, the slices come to have all pods with an address, and the ready ones as ready.
    private func expectTrueSlices(_ lab: KubeletLab) async {
        lab.pause.isOn = true
        defer { lab.pause.isOn = false }
        var (missing, extra, twice): (Set<String>, Set<String>, Bool) = ([], [], false)
        let isTrue = await eventually {
            let pods = lab.client.objects(.pods).filter {
                !PodView($0).isFinished && !PodView($0).podIP.isEmpty
            }
            let endpoints = lab.client.objects(.endpointSlices).flatMap { $0.items("endpoints") }
            func names(_ endpoints: [Value]) -> [String] {
                endpoints.map { endpoint in
                    let isReady = endpoint.at("conditions", "ready")?.bool == true
                    return "\(endpoint.text("targetRef", "name")) \(endpoint.texts("addresses")) \(isReady)"
                }
            }
            let wanted = Set(
                pods.map { pod in
                    let isReady = PodView(pod).isReady && !PodView(pod).isTerminating
                    return "\(pod.name) [\"\(PodView(pod).podIP)\"] \(isReady)"
                })
            let found = Set(names(endpoints))
            (missing, extra) = (wanted.subtracting(found), found.subtracting(wanted))
            twice = found.count != endpoints.count
            return missing.isEmpty && extra.isEmpty && !twice
        }
        #expect(isTrue, "missing \(missing.sorted().prefix(3)), extra \(extra.sorted().prefix(3)), twice: \(twice)")
    }

    /// What is to become of a pod.
    private struct Fate {
        var deleteAt: Double
        var isDeleted = false

        init(_ name: String, _ lab: KubeletLab, _ random: inout SplitMix64) throws {
            let commands = [
                #"["exit","0"]"#, #"["exit","1"]"#, #"["sleep","5"]"#, #"["serve"]"#, #"["nothing"]"#, #"["web","80"]"#,
            ]
            let probes = [
                "", #","readinessProbe":{"httpGet":{"port":80},"periodSeconds":1}"#,
                #","livenessProbe":{"tcpSocket":{"port":81},"periodSeconds":1,"failureThreshold":2}"#,
                #","startupProbe":{"exec":{"command":["exit","0"]},"periodSeconds":1}"#,
                #","lifecycle":{"postStart":{"sleep":{"seconds":2}},"preStop":{"exec":{"command":["exit","1"]}}}"#,
            ]
            let image = ["programs", "programs", "nginx", "x:404", "nonroot"].randomElement(using: &random) ?? ""
            func container(_ name: String) -> String {
                let command = commands.randomElement(using: &random) ?? ""
                let probe = probes.randomElement(using: &random) ?? ""
                return
                    #"{"name":"\#(name)","image":"\#(image)","command":\#(command),"ports":[{"containerPort":80}]\#(probe)}"#
            }
            let policy = ["Always", "OnFailure", "Never"].randomElement(using: &random) ?? ""
            var spec: Object = ["restartPolicy": .string(policy)]
            if Int.random(in: 0..<4, using: &random) == 0 {
                spec["initContainers"] = [
                    [
                        "name": "i", "image": "programs",
                        "command": ["exit", .string(["0", "0", "1"].randomElement(using: &random) ?? "")],
                    ],
                    ["name": "s", "image": "programs", "command": ["serve"], "restartPolicy": "Always"],
                ]
            }
            if Int.random(in: 0..<5, using: &random) == 0 { spec["activeDeadlineSeconds"] = 20 }
            let second = Bool.random(using: &random) ? "," + container("d") : ""
            try lab.create(name, "[\(container("c"))\(second)]", spec, labels: RandomLivesTests.label)
            deleteAt = lab.now().since(Timestamp(seconds: 1_800_000_000)) + Double.random(in: 0..<60, using: &random)
        }
    }

    /// - Returns: how many pods have gone.
    private func step(
        _ lab: KubeletLab, _ alive: inout [String: Fate], _ random: inout SplitMix64
    ) async throws -> Int {
        let pods = lab.client.objects(.pods)
        var owners: [String: String] = [:]
        for pod in pods {
            let ip = pod.text("status", "podIP")
            guard !ip.isEmpty, !PodView(pod).isFinished else { continue }
            if let other = owners[ip] { Issue.record("\(pod.name) and \(other) have \(ip)") }
            owners[ip] = pod.name
            for status in pod.items("status", "containerStatuses") {
                #expect((status["restartCount"]?.int ?? -1) >= 0)
            }
        }
        let present = Dictionary(uniqueKeysWithValues: pods.map { ($0.name, $0) })
        let time = lab.now().since(Timestamp(seconds: 1_800_000_000))
        var ended = 0
        for (name, fate) in alive {
            guard let pod = present[name] else {
                alive[name] = nil
                ended += 1
                continue
            }
            if !fate.isDeleted, fate.deleteAt <= time {
                lab.delete(pod, grace: [0, 1, 30].randomElement(using: &random) ?? 0)
                alive[name]?.isDeleted = true
            }
        }
        return ended
    }
}
