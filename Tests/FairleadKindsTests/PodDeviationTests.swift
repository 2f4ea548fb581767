import FairleadModel
import FairleadSchema
import Testing

@testable import FairleadKinds

/// Where and in which words errors of pods and their like stand, as far as one would not expect it.
struct PodDeviationTests {
    private let context: StrategyContext
    private let strategy = PodStrategy()

    init() throws {
        context = try .ofAnEmptyCluster()
    }

    private func pod(_ spec: Value, container: Value = .object(Object())) -> Value {
        var whole: Value = ["name": "c", "image": "img:1"]
        for member in container.object ?? Object() { whole[member.key] = member.value }
        var pod: Value = [
            "apiVersion": "v1", "kind": "Pod", "metadata": ["name": "p", "namespace": "n", "uid": "u"],
            "spec": ["containers": [whole], "serviceAccountName": "default"],
            "status": ["phase": "Pending", "qosClass": "BestEffort"],
        ]
        for member in spec.object ?? Object() { pod.set(member.value, at: "spec", member.key) }
        strategy.setDefaults(&pod)
        return pod
    }

    private func errors(_ spec: Value, container: Value = .object(Object())) -> [String] {
        strategy.validate(pod(spec, container: container), context).map(\.description)
    }

    private static let subdomain = NameRules.dns1123Subdomain("")[0]

    @Test(
        arguments: [
            (
                ["hostNetwork": true, "restartPolicy": "x"],
                [
                    "spec.containers[0].ports[0].hostPort: Invalid value: 81: must match `containerPort` when "
                        + "`hostNetwork` is true",
                    "spec.restartPolicy: Unsupported value: \"x\": supported values: \"Always\", \"OnFailure\", "
                        + "\"Never\"",
                ]
            ),
            (
                ["dnsPolicy": "None"],
                ["spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None"]
            ),
            (
                ["dnsPolicy": "None", "dnsConfig": ["searches": ["A_"]]],
                [
                    "spec.dnsConfig.nameservers: Required value: must provide at least one DNS nameserver when "
                        + "`dnsPolicy` is None"
                ]
            ),
            (["imagePullSecrets": [.object(Object())]], []),
            (
                ["schedulingGates": [["name": ""]]],
                NameRules.qualifiedName("").map { "spec.schedulingGates[0]: Invalid value: \"\": \($0)" }
            ),
            (
                ["tolerations": [["key": "k", "operator": "Exists", "value": "x"]]],
                [
                    "spec.tolerations[0].operator: Invalid value: \"x\": value must be empty when `operator` is "
                        + "'Exists'"
                ]
            ),
            (
                ["hostPID": true, "shareProcessNamespace": true, "securityContext": ["runAsUser": -1]],
                [
                    "spec.securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive",
                    "spec.securityContext.shareProcessNamespace: Invalid value: true: ShareProcessNamespace and "
                        + "HostPID cannot both be enabled",
                ]
            ),
            (
                ["os": ["name": "foo"]],
                ["spec.os: Unsupported value: \"foo\": supported values: \"linux\", \"windows\""]
            ),
            (["os": ["name": ""]], ["spec.os.name: Required value"]),
        ] as [(Value, [String])])
    func fieldsOfTheSpec(spec: Value, expected: [String]) {
        #expect(errors(spec, container: ["ports": [["containerPort": 80, "hostPort": 81]]]) == expected)
    }

    @Test func namesThatVariablesComeFrom() {
        let container: Value = [
            "env": [["name": "A", "valueFrom": ["configMapKeyRef": ["key": "k"]]]],
            "envFrom": [["secretRef": .object(Object())], ["configMapRef": ["name": "A"]]],
        ]
        #expect(
            errors(.object(Object()), container: container) == [
                "spec.containers[0].env[0].valueFrom.configMapKeyRef.name: Invalid value: \"\": \(Self.subdomain)",
                "spec.containers[0].envFrom[0].secretRef.name: Required value",
                "spec.containers[0].envFrom[1].configMapRef.name: Invalid value: \"A\": \(Self.subdomain)",
            ])
    }

    @Test(
        arguments: [
            (
                ["downwardAPI": ["items": [["fieldRef": ["fieldPath": "metadata.name"]]]]],
                ["downwardAPI.path: Required value"]
            ),
            (
                ["projected": ["sources": [["downwardAPI": ["items": [["path": "x"]]]]]]],
                [
                    "projected.sources[0].downwardAPI: Required value: one of fieldRef and resourceFieldRef is "
                        + "required"
                ]
            ),
            (
                ["projected": ["sources": [["serviceAccountToken": ["path": "/x"]]]]],
                ["projected.path: Invalid value: \"/x\": must be a relative path"]
            ),
            (
                [
                    "projected": [
                        "sources": [
                            [
                                "secret": ["name": "s", "items": [["key": "k", "path": "x"]]],
                                "configMap": ["name": "m", "items": [["key": "k", "path": "x"]]],
                            ]
                        ]
                    ]
                ],
                [
                    "projected: Invalid value: \"m\": conflicting duplicate paths",
                    "projected.sources[0]: Forbidden: may not specify more than 1 volume type per source",
                ]
            ),
            (["gitRepo": .object(Object())], ["gitRepo.repository: Required value"]),
        ] as [(Value, [String])])
    func volumeThatIsNotValidCannotBeMounted(source: Value, expected: [String]) {
        var volume = source
        volume["name"] = "v"
        #expect(
            errors(["volumes": [volume]], container: ["volumeMounts": [["name": "v", "mountPath": "/m"]]])
                == expected.map { "spec.volumes[0].\($0)" }
                + ["spec.containers[0].volumeMounts[0].name: Not found: \"v\""])
    }

    @Test func mountsOfTheHost() {
        let mount: Value = [
            "name": "v", "mountPath": "/m", "mountPropagation": "Bidirectional", "recursiveReadOnly": "Enabled",
        ]
        let path = "spec.containers[0].volumeMounts"
        #expect(
            errors(
                ["volumes": [["name": "v", "emptyDir": .object(Object())]]], container: ["volumeMounts": [mount]]) == [
                    "\(path).mountPropagation: Forbidden: Bidirectional mount propagation is available only to "
                        + "privileged containers",
                    "\(path).recursiveReadOnly: Forbidden: may only be specified when readOnly is true",
                    "\(path).recursiveReadOnly: Forbidden: may only be specified when mountPropagation is None or not "
                        + "specified",
                ])
    }

    private static let required = "requiredDuringSchedulingIgnoredDuringExecution"

    @Test func whereToRun() {
        let expression: Value = ["key": "k", "operator": "In", "values": ["-"]]
        let spread: Value = ["maxSkew": 1, "topologyKey": "-", "whenUnsatisfiable": "ScheduleAnyway", "minDomains": 1]
        var both = Value.object(Object())
        both.set(
            ["nodeSelectorTerms": [["matchExpressions": [expression]]]], at: "nodeAffinity", Self.required)
        both.set(
            [["weight": 1, "preference": ["matchExpressions": [expression]]]], at: "nodeAffinity",
            "preferredDuringSchedulingIgnoredDuringExecution")
        let domains =
            "Invalid value: 1: can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ScheduleAnyway"
        #expect(
            errors(["affinity": both, "topologySpreadConstraints": [spread, spread]]) == [
                "spec.affinity.nodeAffinity.\(Self.required).nodeSelectorTerms[0].matchExpressions[0].values[0]: "
                    + "Invalid value: \"-\": \(NameRules.labelValue("-")[0])",
                "spec.topologySpreadConstraints[0].{topologyKey, whenUnsatisfiable}: Duplicate value: "
                    + "\"{-, ScheduleAnyway}\"",
                "spec.topologySpreadConstraints[0].minDomains: \(domains)",
                "spec.topologySpreadConstraints[1].minDomains: \(domains)",
            ])
    }

    @Test func gatedPodNarrowsDownWhereItGoes() {
        func gated(_ selector: Value, _ affinity: Value?, gates: [Value] = [["name": "g"]]) -> Value {
            var result = pod(["schedulingGates": .array(gates), "nodeSelector": selector])
            result.set(affinity, at: "spec", "affinity")
            return result
        }
        func term(_ operation: String) -> Value {
            var result = Value.object(Object())
            result.set(
                [["matchExpressions": [["key": "k", "operator": .string(operation)]]]], at: "nodeAffinity",
                Self.required, "nodeSelectorTerms")
            return result
        }
        func changes(_ new: Value, _ old: Value) -> [String] {
            strategy.validateUpdate(new, old: old, context).map(\.description)
        }
        let old = gated(["a": "b"], nil)
        #expect(changes(gated(["a": "b", "c": "d"], term("Exists")), old) == [])
        #expect(
            changes(gated(["a": "c"], nil), old) == [
                "spec.nodeSelector: Invalid value: {\"a\":\"c\"}: only additions to spec.nodeSelector are allowed "
                    + "(no mutations or deletions)"
            ])
        #expect(
            changes(gated(["a": "b"], term("DoesNotExist")), gated(["a": "b"], term("Exists"))) == [
                "spec.affinity.nodeAffinity.\(Self.required).nodeSelectorTerms[0]: Invalid value: "
                    + "{\"MatchExpressions\":[{\"Key\":\"k\",\"Operator\":\"DoesNotExist\",\"Values\":null}],"
                    + "\"MatchFields\":null}: only additions are allowed (no mutations or deletions)"
            ])
        #expect(
            changes(gated(["a": "b"], nil, gates: [["name": "g"], ["name": "h"]]), old) == [
                "spec.schedulingGates[1].name: Forbidden: only deletion is allowed, but found new scheduling gate 'h'"
            ])
    }

    @Test func statusNamesItsHost() {
        let old = pod(.object(Object()))
        var new = old
        new.set([["ip": "1.2.3.5"]], at: "status", "hostIPs")
        new.set("1.2.3.4", at: "status", "hostIP")
        new.set("A", at: "status", "nominatedNodeName")
        #expect(
            strategy.validateStatusUpdate(new, old: old, context).map(\.description) == [
                "status.nominatedNodeName: Invalid value: \"A\": \(Self.subdomain)",
                "status.hostIPs[0].ip: Invalid value: \"1.2.3.5\": must be equal to `hostIP`",
            ])
    }

    @Test func emptyPullSecretIsOnlyWarnedOf() {
        #expect(
            strategy.warnings(for: pod(["imagePullSecrets": [.object(Object())]]), old: nil) == [
                "spec.imagePullSecrets[0].name: invalid empty name \"\""
            ])
    }

    @Test func statefulSets() {
        let strategy = StatefulSetStrategy()
        var set: Value = [
            "metadata": ["name": "s"],
            "spec": [
                "selector": ["matchLabels": ["a": "b"]],
                "template": [
                    "metadata": ["labels": ["a": "b"]], "spec": ["containers": [["name": "c", "image": "i"]]],
                ],
                "updateStrategy": ["type": "Foo"],
                "persistentVolumeClaimRetentionPolicy": ["whenDeleted": "x"],
            ],
            "status": ["replicas": 2, "availableReplicas": 1],
        ]
        strategy.setDefaults(&set)
        #expect(
            strategy.validate(set, context).map(\.description) == [
                "spec.updateStrategy: Invalid value: {\"Type\":\"Foo\",\"RollingUpdate\":null}: must be "
                    + "'RollingUpdate' or 'OnDelete'",
                "spec.persistentVolumeClaimRetentionPolicy.whenDeleted: Unsupported value: \"x\": supported values: "
                    + "\"Retain\", \"Delete\"",
            ])
        set.set(["type": "OnDelete", "rollingUpdate": ["partition": 1]], at: "spec", "updateStrategy")
        #expect(
            strategy.validate(set, context).first?.body
                == "Invalid value: {\"Partition\":1,\"MaxUnavailable\":null}: only allowed for updateStrategy "
                + "'RollingUpdate'")
        #expect(
            strategy.validateStatusUpdate(set, old: set, context).map(\.description) == [
                "status.availableReplicas: Invalid value: 1: cannot be greater than status.readyReplicas"
            ])
        #expect(strategy.nameErrors("a.b", isPrefix: false) == ["must not contain dots"])
    }

    @Test func controllerRevisionMissesDataLast() {
        #expect(
            ControllerRevisionStrategy().validate(["revision": -1], context).map(\.field) == ["revision", "data"])
    }

    @Test func fractionsInQuotas() {
        let hard: Value = [
            "pods": "1500m", "cpu": "1500m", "a.b/c": "1500m", "requests.a.b/c": "1500m", "x.kubernetes.io/y": "1500m",
        ]
        #expect(
            ResourceQuotaStrategy().validate(["spec": ["hard": hard]], context).map(\.field)
                == ["spec.hard[a.b/c]", "spec.hard[pods]"])
    }

    @Test func scopesOfQuotas() {
        func errors(_ spec: Value) -> [String] {
            ResourceQuotaStrategy().validate(["spec": spec], context).map(\.description)
        }
        let both = "[\"BestEffort\",\"NotBestEffort\"]"
        #expect(
            errors(["hard": ["cpu": "1"], "scopes": ["BestEffort", "NotBestEffort"]]) == [
                "spec.scopes: Invalid value: \(both): unsupported scope applied to resource",
                "spec.scopes: Invalid value: \(both): conflicting scopes",
            ])
        let path = "spec.scopeSelector.matchExpressions"
        #expect(
            errors([
                "hard": ["services": "1"],
                "scopeSelector": ["matchExpressions": [["scopeName": "Terminating", "operator": "In"]]],
            ]) == [
                "\(path): Invalid value: {\"MatchExpressions\":[{\"ScopeName\":\"Terminating\",\"Operator\":\"In\","
                    + "\"Values\":null}]}: unsupported scope applied to resource",
                "\(path).operator: Invalid value: \"In\": must be 'Exists' when scope is any of "
                    + "ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, "
                    + "ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or "
                    + "ResourceQuotaScopeCrossNamespacePodAffinity",
                "\(path).values: Required value: must be at least one value when `operator` is 'In' or 'NotIn' for "
                    + "scope selector",
            ])
        #expect(
            errors([
                "hard": ["pods": "1"],
                "scopeSelector": [
                    "matchExpressions": [["scopeName": "PriorityClass", "operator": "In", "values": ["high"]]]
                ],
            ]) == [])
    }

    @Test(
        arguments: [
            ("abc", "invalid character 'a' looking for beginning of value"), ("", "unexpected end of JSON input"),
            ("[1]", "json: cannot unmarshal array into Go value of type map[string]interface {}"),
            ("{\"auths\":{}}", nil), ("null", nil),
        ] as [(String, String?)])
    func credentialsAreJSON(text: String, message: String?) {
        let secret: Value = [
            "type": "kubernetes.io/dockerconfigjson",
            "data": [".dockerconfigjson": .string(Base64.encode(Array(text.utf8)[...]))],
        ]
        let expected = message.map {
            ["data[.dockerconfigjson]: Invalid value: \"<secret contents redacted>\": \($0)"]
        }
        #expect(SecretStrategy().validate(secret, context).map(\.description) == expected ?? [])
    }
}
