import FairleadModel
import FairleadSchema
import Testing

@testable import FairleadKinds

/// The rules of Deployments, ReplicaSets, StatefulSets, DaemonSets and ReplicationControllers that recorded scenarios
/// do not reach.
struct WorkloadStrategyTests {
    private let context: StrategyContext

    init() throws { context = try .ofAnEmptyCluster() }

    private func workload(_ spec: Value, status: Value? = nil) -> Value {
        var whole: Value = [
            "selector": ["matchLabels": ["app": "a"]],
            "template": [
                "metadata": ["labels": ["app": "a"]], "spec": ["containers": [["name": "c", "image": "img:1"]]],
            ],
        ]
        for member in spec.object ?? Object() { whole[member.key] = member.value.isNull ? nil : member.value }
        var object: Value = ["metadata": ["name": "w", "namespace": "n", "uid": "u", "generation": 1], "spec": whole]
        object["status"] = status
        return object
    }

    private func created(_ strategy: any ResourceStrategy, _ spec: Value) -> Value {
        var object = workload(spec)
        strategy.setDefaults(&object)
        strategy.prepareForCreate(&object, context)
        return object
    }

    private func errors(_ strategy: any ResourceStrategy, _ spec: Value) -> [String] {
        strategy.validate(created(strategy, spec), context).map(\.description)
    }

    private func updateErrors(_ strategy: any ResourceStrategy, from old: Value, to new: Value) -> [String] {
        strategy.validateUpdate(created(strategy, new), old: created(strategy, old), context).map(\.description)
    }

    private func statusErrors(_ strategy: any ResourceStrategy, _ status: Value, old: Value = [:]) -> [String] {
        strategy.validateStatusUpdate(workload([:], status: status), old: workload([:], status: old), context)
            .map(\.description)
    }

    private static let malformed: Value = ["matchExpressions": [["key": "app", "operator": "In"]]]
    private static let printed = "{\"matchExpressions\":[{\"key\":\"app\",\"operator\":\"In\"}]}"
    private static let noValues =
        "spec.selector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'"

    /// Nothing more is said of a template that a malformed selector cannot select, except by StatefulSets.
    @Test func malformedSelectors() {
        let spec: Value = [
            "selector": Self.malformed,
            "template": ["spec": ["containers": [["name": "c", "image": "i"]], "restartPolicy": "Never"]],
        ]
        let restart = "spec.template.spec.restartPolicy: Unsupported value: \"Never\": supported values: \"Always\""
        #expect(
            errors(ReplicaSetStrategy(), spec) == [
                Self.noValues, "spec.selector: Invalid value: \(Self.printed): invalid label selector",
            ])
        #expect(
            errors(StatefulSetStrategy(), spec) == [
                Self.noValues, "spec.selector: Invalid value: \(Self.printed)", restart,
            ])
        #expect(errors(DaemonSetStrategy(), spec) == [Self.noValues, restart])
    }

    @Test func claimTemplatesAndServiceOfANewStatefulSet() {
        let spec: Value = [
            "serviceName": "Bad_", "replicas": -1,
            "volumeClaimTemplates": [
                ["metadata": ["name": "d"], "spec": ["resources": ["requests": ["storage": "1Gi"]]]]
            ],
            "persistentVolumeClaimRetentionPolicy": ["whenScaled": "x"],
        ]
        let found = errors(StatefulSetStrategy(), spec)
        #expect(
            found.map { $0.prefix { $0 != ":" } } == [
                "spec.persistentVolumeClaimRetentionPolicy.whenScaled",
                "spec.volumeClaimTemplates[0].spec.accessModes", "spec.replicas", "spec.serviceName",
            ])
        // What cannot change is not looked at again.
        var same = spec
        same["replicas"] = 1
        same["persistentVolumeClaimRetentionPolicy"] = nil
        #expect(updateErrors(StatefulSetStrategy(), from: same, to: same) == [])
    }

    @Test func aStatefulSetKeepsWhatItsPodsAreNamedBy() {
        #expect(
            updateErrors(StatefulSetStrategy(), from: ["serviceName": "a"], to: ["serviceName": "b"]) == [
                "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', "
                    + "'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and "
                    + "'minReadySeconds' are forbidden"
            ])
        #expect(updateErrors(StatefulSetStrategy(), from: [:], to: ["replicas": 5, "ordinals": ["start": 3]]) == [])
    }

    @Test func maxUnavailableOfAStatefulSetIsDropped() {
        let set = created(
            StatefulSetStrategy(), ["updateStrategy": ["rollingUpdate": ["maxUnavailable": "x", "partition": 1]]])
        #expect(set.at("spec", "updateStrategy") == ["type": "RollingUpdate", "rollingUpdate": ["partition": 1]])
    }

    @Test func aDaemonSetsSelectorComesBeforeTheRest() {
        #expect(
            updateErrors(DaemonSetStrategy(), from: [:], to: ["selector": ["matchLabels": ["app": "b"]]]) == [
                "spec.selector: Invalid value: {\"matchLabels\":{\"app\":\"b\"}}: field is immutable",
                "spec.template.metadata.labels: Invalid value: {\"app\":\"a\"}: `selector` does not match template `labels`",
            ])
    }

    @Test(
        arguments: [
            ("150%", "101%", ["maxUnavailable", "maxSurge", "maxSurge"]), (0, "0%", ["maxUnavailable"]),
            (1, "1%", ["maxSurge"]), (0, 1, []), ("1%", 0, []),
        ] as [(Value, Value, [String])])
    func limitsOfADaemonSetsUpdate(unavailable: Value, surge: Value, fields: [String]) {
        let found = errors(
            DaemonSetStrategy(),
            ["updateStrategy": ["rollingUpdate": ["maxUnavailable": unavailable, "maxSurge": surge]]])
        #expect(
            found.map { $0.prefix { $0 != ":" } } == fields.map { "spec.updateStrategy.rollingUpdate.\($0)"[...] })
    }

    private static let generation = "deprecated.daemonset.template.generation"

    @Test func aDaemonSetCountsItsTemplates() {
        let strategy = DaemonSetStrategy()
        var set = workload([:])
        set.annotations[Self.generation] = "7"
        strategy.prepareForCreate(&set, context)
        #expect(set.annotations[Self.generation] == "7")
        var changed = set
        changed.annotations[Self.generation] = "99"
        strategy.prepareForUpdate(&changed, old: set, context)
        #expect(changed.annotations[Self.generation] == "7")
        changed.set("x", at: "spec", "template", "spec", "nodeName")
        strategy.prepareForUpdate(&changed, old: set, context)
        #expect(changed.annotations[Self.generation] == "8")
        for bad in ["0", "-3", "x"] {
            var other = workload([:])
            other.annotations[Self.generation] = bad
            strategy.prepareForCreate(&other, context)
            #expect(other.annotations[Self.generation] == "1")
        }
    }

    @Test func warningsAreAboutWhatIsNew() {
        var set = created(
            StatefulSetStrategy(),
            [
                "revisionHistoryLimit": -1,
                "volumeClaimTemplates": [
                    ["metadata": ["name": "d"], "spec": ["resources": ["requests": ["storage": "1500m"]]]]
                ],
                "template": ["spec": ["terminationGracePeriodSeconds": -1]],
            ])
        let always =
            "spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended"
        let all = [
            "spec.template.spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be "
                + "treated as 1",
            "spec.volumeClaimTemplates[0].resources.requests[storage]: fractional byte value \"1500m\" is invalid, must be "
                + "an integer", always,
        ]
        let old = set
        #expect(StatefulSetStrategy().warnings(for: set, old: nil) == all)
        #expect(StatefulSetStrategy().warnings(for: set, old: old) == [always])
        set.generation += 1
        #expect(StatefulSetStrategy().warnings(for: set, old: old) == all)
    }

    @Test func numbersInAnnotationsAreRead() {
        func fault(_ strategy: any ResourceStrategy, _ annotation: String, _ text: String) -> String? {
            var object = workload([:])
            object.annotations[annotation] = text
            return strategy.conversionFault(of: object)
        }
        #expect(fault(DaemonSetStrategy(), Self.generation, "7") == nil)
        #expect(
            fault(DaemonSetStrategy(), Self.generation, "x") == "strconv.ParseInt: parsing \"x\": invalid syntax")
        #expect(
            fault(DeploymentStrategy(), "deprecated.deployment.rollback.to", "99999999999999999999")
                == "strconv.ParseInt: parsing \"99999999999999999999\": value out of range")
    }

    @Test func annotationsRaiseTheGenerationOfADeploymentOnly() {
        let old = workload([:])
        var new = old
        new.annotations["a"] = "b"
        #expect(DeploymentStrategy().raisesGeneration(new, old: old))
        for other in [ReplicaSetStrategy(), StatefulSetStrategy(), DaemonSetStrategy()] as [any ResourceStrategy] {
            #expect(!other.raisesGeneration(new, old: old))
        }
    }

    @Test func aStatusKeepsTheLabelsOfItsDeployment() {
        var old = workload([:])
        old.labels = ["a": "b"]
        var new = old
        new.labels = ["c": "d"]
        new.annotations["r"] = "1"
        DeploymentStrategy().prepareForStatusUpdate(&new, old: old, context)
        #expect(new.labels == ["a": "b"] && new.annotations["r"] == "1")
    }

    @Test func countsOfStatuses() {
        let negative: Value = [
            "replicas": -1, "readyReplicas": -2, "terminatingReplicas": -1, "collisionCount": -1,
        ]
        let bad = "Invalid value: -1: must be greater than or equal to 0"
        #expect(
            statusErrors(DeploymentStrategy(), negative, old: ["collisionCount": 2]) == [
                "status.replicas: \(bad)",
                "status.readyReplicas: Invalid value: -2: must be greater than or equal to 0",
                "status.terminatingReplicas: \(bad)", "status.collisionCount: \(bad)",
                "status.updatedReplicas: Invalid value: 0: cannot be greater than status.replicas",
                "status.availableReplicas: Invalid value: 0: cannot be greater than status.replicas",
                "status.availableReplicas: Invalid value: 0: cannot be greater than readyReplicas",
                "status.collisionCount: Invalid value: -1: cannot be decremented",
            ])
        #expect(
            statusErrors(StatefulSetStrategy(), ["replicas": 1, "availableReplicas": 2, "currentReplicas": 2]) == [
                "status.currentReplicas: Invalid value: 2: cannot be greater than status.replicas",
                "status.availableReplicas: Invalid value: 2: cannot be greater than status.replicas",
                "status.availableReplicas: Invalid value: 2: cannot be greater than status.readyReplicas",
            ])
        #expect(
            statusErrors(DaemonSetStrategy(), [:], old: ["collisionCount": 0]) == [])
        #expect(
            statusErrors(DaemonSetStrategy(), [:], old: ["collisionCount": 1]) == [
                "status.collisionCount: Invalid value: 0: cannot be decremented"
            ])
        #expect(
            statusErrors(ReplicaSetStrategy(), ["observedGeneration": -1, "terminatingReplicas": -1]) == [
                "status.terminatingReplicas: \(bad)", "status.observedGeneration: \(bad)",
            ])
    }

    @Test func aReplicationControllerNeedsATemplateAndDoesNotReadItsSelector() {
        let strategy = ReplicationControllerStrategy()
        #expect(
            errors(strategy, ["selector": .null, "template": .null]) == [
                "spec.selector: Required value", "spec.template: Required value",
            ])
        #expect(
            errors(strategy, ["selector": ["a b": "c"]]) == [
                "spec.template.metadata.labels: Invalid value: {\"app\":\"a\"}: `selector` does not match template `labels`"
            ])
        #expect(errors(strategy, ["selector": ["app": "a"]]) == [])
    }

    @Test(arguments: [
        ("", "", "tls: failed to find any PEM data in certificate input"),
        (
            pem("PRIVATE KEY"), "",
            "tls: failed to find certificate PEM data in certificate input, but did find a private key; "
                + "PEM inputs may have been switched"
        ),
        (
            pem("A") + pem("B"), "",
            "tls: failed to find \"CERTIFICATE\" PEM block in certificate input after skipping PEM "
                + "blocks of the following types: [A B]"
        ),
        (pem("CERTIFICATE"), "x", "tls: failed to find any PEM data in key input"),
        (
            pem("CERTIFICATE"), pem("CERTIFICATE"),
            "tls: found a certificate rather than a key in the PEM for the private key"
        ),
        (
            pem("CERTIFICATE"), pem("A"),
            "tls: failed to find PEM block with type ending in \"PRIVATE KEY\" in key input after "
                + "skipping PEM blocks of the following types: [A]"
        ),
        (pem("CERTIFICATE", body: "AAAA"), pem("EC PRIVATE KEY"), "x509: malformed certificate"),
        (pem("CERTIFICATE", body: "MAAA"), pem("EC PRIVATE KEY"), "x509: trailing data"),
        (pem("A") + pem("CERTIFICATE"), pem("A") + pem("EC PRIVATE KEY"), nil),
    ])
    func pairsOfATLSSecret(certificate: String, key: String, warning: String?) {
        func encoded(_ text: String) -> Value { .string(Base64.encode(Array(text.utf8)[...])) }
        let secret: Value = [
            "type": "kubernetes.io/tls", "data": ["tls.crt": encoded(certificate), "tls.key": encoded(key)],
        ]
        #expect(SecretStrategy().warnings(for: secret, old: nil) == (warning.map { [$0] } ?? []))
    }

    private static func pem(_ type: String, body: String = "MAMC\nAQE=") -> String {
        "text\n-----BEGIN \(type)-----\nProc-Type: 4\n\(body)\r\n-----END \(type)-----\n"
    }
}
