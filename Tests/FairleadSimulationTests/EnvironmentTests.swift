import FairleadContainers
import FairleadModel
import Testing

@testable import FairleadSimulation

/// The environment of containers.
@Suite struct EnvironmentTests {
    private static let pod: Value = [
        "metadata": [
            "name": "p", "namespace": "n", "uid": "u", "labels": ["app": "web"],
            "annotations": ["note": "a \"b\"\nc"],
        ],
        "spec": [
            "nodeName": "node-1", "enableServiceLinks": false,
            "containers": [
                [
                    "name": "c",
                    "resources": ["limits": ["cpu": "1250m", "memory": "64Mi"], "requests": ["cpu": "250m"]],
                ],
                ["name": "other", "resources": ["limits": ["memory": "128Mi"]]],
            ],
        ],
        "status": [
            "podIP": "10.244.0.5", "podIPs": [["ip": "10.244.0.5"], ["ip": "fd00::5"]], "hostIP": "172.18.0.2",
            "hostIPs": [["ip": "172.18.0.2"]],
        ],
    ]

    private static let objects = FixedObjects(
        FixedObjects.configMap("settings", ["level": "high", "data-1": "value-1", "bad=key": "x"]),
        FixedObjects.secret("keys", ["user": "root", "password": "s3cret"]),
        FixedObjects.object(
            "Node", "node-1", namespace: "", ["status": ["allocatable": ["cpu": "8", "memory": "16Gi"]]]))

    private func resolved(_ env: Value, from: Value = [], pod: Value = pod) throws -> [String] {
        let spec: Value = [
            "name": "c", "env": env, "envFrom": from,
            "resources": pod.items("spec", "containers")[0]["resources"] ?? .null,
        ]
        let resolver = EnvironmentResolver(objects: Self.objects, pod: pod, node: Self.objects.node("node-1"))
        return try resolver.resolve(spec, image: [("PATH", "/bin"), ("HOME", "/")]).map { "\($0.name)=\($0.value)" }
    }

    private func value(_ source: Value) throws -> String {
        let lines = try resolved([["name": "X", "valueFrom": source]])
        return String(try #require(lines.first { $0.hasPrefix("X=") }).dropFirst(2))
    }

    @Test(arguments: [
        ("metadata.name", "p"), ("metadata.namespace", "n"), ("metadata.uid", "u"),
        ("metadata.labels['app']", "web"), ("metadata.labels['none']", ""),
        ("metadata.annotations['note']", "a \"b\"\nc"),
        ("spec.nodeName", "node-1"), ("spec.serviceAccountName", "default"), ("status.podIP", "10.244.0.5"),
        ("status.podIPs", "10.244.0.5,fd00::5"), ("status.hostIP", "172.18.0.2"), ("status.hostIPs", "172.18.0.2"),
    ])
    func fields(path: String, result: String) throws {
        #expect(try value(["fieldRef": ["fieldPath": .string(path)]]) == result)
    }

    @Test(arguments: [
        ("limits.cpu", "", "", "2"), ("limits.cpu", "1m", "", "1250"), ("requests.cpu", "", "", "1"),
        ("limits.memory", "", "", "67108864"), ("limits.memory", "1Mi", "", "64"), ("limits.memory", "1Gi", "", "1"),
        ("limits.memory", "", "other", "134217728"), ("limits.cpu", "", "other", "8"),
        ("requests.memory", "", "other", "0"),
    ])
    func resources(resource: String, divisor: String, container: String, result: String) throws {
        var reference: Object = ["resource": .string(resource)]
        if !divisor.isEmpty { reference["divisor"] = .string(divisor) }
        if !container.isEmpty { reference["containerName"] = .string(container) }
        #expect(try value(["resourceFieldRef": .object(reference)]) == result)
    }

    @Test func laterOnesWinAndReferToEarlierOnes() throws {
        let lines = try resolved(
            [
                ["name": "FIRST", "value": "1"], ["name": "SECOND", "value": "$(FIRST)/$(level)/$(LATER)/$$(FIRST)"],
                ["name": "LATER", "value": "x"], ["name": "level", "value": "low"],
                ["name": "PATH", "value": "/usr/bin"],
                ["name": "KEY", "valueFrom": ["secretKeyRef": ["name": "keys", "key": "password"]]],
                [
                    "name": "GONE",
                    "valueFrom": ["configMapKeyRef": ["name": "settings", "key": "no", "optional": true]],
                ],
            ], from: [["configMapRef": ["name": "settings"]], ["prefix": "#@!", "secretRef": ["name": "keys"]]])
        #expect(
            lines == [
                "PATH=/usr/bin", "HOME=/", "data-1=value-1", "level=low", "#@!password=s3cret", "#@!user=root",
                "FIRST=1",
                "SECOND=1/high/$(LATER)/$(FIRST)", "LATER=x", "KEY=s3cret",
            ])
    }

    @Test(arguments: [
        (#"[{"name":"X","valueFrom":{"secretKeyRef":{"name":"none","key":"k"}}}]"#, #"secret "none" not found"#),
        (
            #"[{"name":"X","valueFrom":{"secretKeyRef":{"name":"keys","key":"k"}}}]"#,
            "couldn't find key k in Secret n/keys"
        ),
        (#"[{"name":"X","valueFrom":{"configMapKeyRef":{"name":"none","key":"k"}}}]"#, #"configmap "none" not found"#),
        (
            #"[{"name":"X","valueFrom":{"configMapKeyRef":{"name":"settings","key":"k"}}}]"#,
            "couldn't find key k in ConfigMap n/settings"
        ),
    ])
    func whatIsMissingIsSaid(env: String, message: String) throws {
        let env = try JSON.parse(Array(env.utf8)).value
        #expect(throws: ContainerFault.configuration(message)) { try resolved(env) }
    }

    @Test func environmentsThatExplodeAreRefused() throws {
        let env = (0..<40).map { index -> Value in
            let text = index == 0 ? "0123456789" : "$(V\(index - 1))$(V\(index - 1))"
            return ["name": .string("V\(index)"), "value": .string(text)]
        }
        #expect(throws: ContainerFault.self) { try resolved(.array(env)) }
    }

    @Test func servicesOfTheNamespaceAndTheAPIServer() throws {
        let objects = FixedObjects(
            FixedObjects.object(
                "Service", "kubernetes", namespace: "default",
                ["spec": ["clusterIP": "10.96.0.1", "ports": [["name": "https", "port": 443, "protocol": "TCP"]]]]),
            FixedObjects.object(
                "Service", "foo-service",
                ["spec": ["clusterIP": "10.96.0.9", "ports": [["port": 8765, "protocol": "TCP"]]]]),
            FixedObjects.object("Service", "headless", ["spec": ["clusterIP": "None", "ports": [["port": 80]]]]))
        func lines(_ pod: Value) throws -> [String] {
            try EnvironmentResolver(objects: objects, pod: pod, node: nil).resolve(["name": "c"], image: [])
                .map { "\($0.name)=\($0.value)" }
        }
        let own = [
            "KUBERNETES_PORT=tcp://10.96.0.1:443", "KUBERNETES_PORT_443_TCP=tcp://10.96.0.1:443",
            "KUBERNETES_PORT_443_TCP_ADDR=10.96.0.1", "KUBERNETES_PORT_443_TCP_PORT=443",
            "KUBERNETES_PORT_443_TCP_PROTO=tcp", "KUBERNETES_SERVICE_HOST=10.96.0.1", "KUBERNETES_SERVICE_PORT=443",
            "KUBERNETES_SERVICE_PORT_HTTPS=443",
        ]
        #expect(try lines(Self.pod) == own)
        var linked = Self.pod
        linked.set(nil, at: "spec", "enableServiceLinks")
        #expect(
            try lines(linked) == [
                "FOO_SERVICE_PORT=tcp://10.96.0.9:8765", "FOO_SERVICE_PORT_8765_TCP=tcp://10.96.0.9:8765",
                "FOO_SERVICE_PORT_8765_TCP_ADDR=10.96.0.9", "FOO_SERVICE_PORT_8765_TCP_PORT=8765",
                "FOO_SERVICE_PORT_8765_TCP_PROTO=tcp", "FOO_SERVICE_SERVICE_HOST=10.96.0.9",
                "FOO_SERVICE_SERVICE_PORT=8765",
            ] + own)
    }

    @Test func labelsAsFile() {
        #expect(DownwardField.lines(of: ["b": "two\n\"", "a": "1"]) == "a=\"1\"\nb=\"two\\n\\\"\"")
    }

    // MARK: - users

    @Test(arguments: [
        ("{}", "{}", "", "0 0,10 /root"), ("{}", "{}", "1000", "1000 1000,50000 /home/made"),
        (#"{"runAsUser":1001}"#, "{}", "", "1001 0 /"),
        (#"{"runAsUser":1001,"runAsGroup":2002}"#, "{}", "", "1001 2002 /"),
        (#"{"runAsUser":1001}"#, #"{"runAsUser":7}"#, "", "7 0 /"),
        (
            #"{"runAsUser":1000,"fsGroup":123,"supplementalGroups":[5,6]}"#, "{}", "",
            "1000 1000,50000,123,5,6 /home/made"
        ),
        (
            #"{"runAsUser":1000,"supplementalGroups":[5],"supplementalGroupsPolicy":"Strict"}"#, "{}", "",
            "1000 1000,5 /home/made"
        ),
        ("{}", "{}", "made:extra", "1000 50000 /home/made"), ("{}", "{}", "12:34", "12 34 /"),
    ])
    func users(pod: String, container: String, image: String, result: String) throws {
        let tree = TestImages().image("programs").makeFiles()
        let files = ContainerFiles(root: tree) { Timestamp(seconds: 0) }
        let identity = ContainerIdentity(
            pod: ["spec": ["securityContext": try JSON.parse(Array(pod.utf8)).value]],
            container: ["securityContext": try JSON.parse(Array(container.utf8)).value], imageUser: image,
            passwd: try files.text("/etc/passwd"), group: try files.text("/etc/group"))
        let groups = ([identity.credentials.group] + identity.credentials.groups).map(String.init)
        #expect("\(identity.credentials.user) \(groups.joined(separator: ",")) \(identity.home)" == result)
    }

    @Test(
        arguments: [
            ("{}", nil, nil), (#"{"runAsNonRoot":true}"#, nil, nil), (#"{"runAsNonRoot":true}"#, "1000", nil),
            (
                #"{"runAsNonRoot":true}"#, "",
                #"container has runAsNonRoot and image will run as root (pod: "p_n(u)", container: c)"#
            ),
            (
                #"{"runAsNonRoot":true,"runAsUser":0}"#, "1000",
                #"container's runAsUser breaks non-root policy (pod: "p_n(u)", container: c)"#
            ),
            (
                #"{"runAsNonRoot":true}"#, "nginx",
                #"container has runAsNonRoot and image has non-numeric user (nginx), cannot verify user is non-root (pod: "p_n(u)", container: c)"#
            ),
        ] as [(String, String?, String?)])
    func rootIsRefused(context: String, image: String?, message: String?) throws {
        let fault = ContainerIdentity.refusal(
            pod: Self.pod, container: ["name": "c", "securityContext": try JSON.parse(Array(context.utf8)).value],
            imageUser: image)
        #expect(fault?.message == message)
    }

    // MARK: - limits

    @Test(arguments: [
        ("{}", "max 100000", 1, "max"),
        (#"{"limits":{"cpu":"500m","memory":"64Mi"}}"#, "50000 100000", 20, "67108864"),
        (#"{"requests":{"cpu":"1"},"limits":{"cpu":"5m"}}"#, "1000 100000", 39, "max"),
        (#"{"requests":{"cpu":"1000000"}}"#, "max 100000", 10000, "max"),
    ])
    func controlGroups(resources: String, cpu: String, weight: Int64, memory: String) throws {
        let group = ControlGroup(spec: ["resources": try JSON.parse(Array(resources.utf8)).value])
        #expect(group.cpuMax == cpu && group.cpuWeight == weight && group.memoryMax == memory)
    }
}
