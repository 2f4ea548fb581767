import FairleadModel
import Testing

@testable import FairleadKindRules

/// What the recorded scenarios about volumes, claims and drivers do not ask.
struct StorageValidationTests {
    private func volume(_ more: Value) -> Value {
        var spec: Value = ["capacity": ["storage": "1Gi"], "accessModes": ["ReadWriteOnce"]]
        for member in more.object?.members ?? [] { spec[member.key] = member.value }
        return ["metadata": ["name": "v"], "spec": spec]
    }

    private func fields(_ errors: [FieldError]) -> [String] { errors.map(\.field) }

    static let sources: [(Value, [String])] = [
        (
            ["gcePersistentDisk": ["pdName": "", "partition": 256]],
            ["persistentDisk.pdName", "persistentDisk.partition"]
        ),
        (["awsElasticBlockStore": ["volumeID": "x"]], []),
        (["cephfs": ["monitors": ["a"]], "csi": ["driver": "d", "volumeHandle": "h"]], ["csi"]),
        (["hostPath": ["path": "/"], "cephfs": ["monitors": ["a"]]], ["cephFS"]),
        (["quobyte": ["registry": "a:1,b", "volume": "v"]], ["quobyte.registry"]),
        (["flocker": ["datasetName": "a/b", "datasetUUID": "u"]], ["flocker", "flocker.datasetName"]),
        (["fc": ["targetWWNs": ["a"]]], ["fc.lun"]),
        (["azureDisk": ["diskName": "d", "diskURI": "x", "kind": "Managed"]], ["azureDisk.diskURI"]),
        (["flexVolume": ["driver": "d", "options": ["a.k8s.io/x": "1"]]], ["flexVolume.options[a.k8s.io/x]"]),
        (["iscsi": ["targetPortal": "p", "iqn": "iqn.2001-04.com.example:x", "lun": 300]], ["iscsi.lun"]),
        (["iscsi": ["targetPortal": "p", "iqn": "iqn.2001-04.com.example", "lun": 1]], ["iscsi.iqn"]),
        (
            ["iscsi": ["targetPortal": "p", "iqn": "eui.02004567A425678D", "chapAuthSession": true]],
            ["iscsi.secretRef"]
        ),
        (
            ["storageos": ["volumeName": "Bad_", "secretRef": ["name": "s"]]],
            ["storageos.volumeName", "storageos.secretRef.namespace"]
        ),
        (
            ["csi": ["driver": "D.example", "volumeHandle": "h", "nodePublishSecretRef": ["name": ""]]],
            ["csi.nodePublishSecretRef.name", "csi.nodePublishSecretRef.namespace"]
        ),
    ]

    @Test(arguments: sources.indices)
    func eachKindOfStorageHasItsRules(index: Int) {
        let (source, wrong) = Self.sources[index]
        let errors = PersistentVolumeValidation.errors(for: volume(source))
        #expect(fields(errors) == wrong.map { "spec.\($0)" }, "\(errors.map(\.description))")
    }

    @Test func theSourceOfAVolumeStays() {
        let old = volume(["csi": ["driver": "d", "volumeHandle": "h"]])
        var new = old
        new.set(["name": "s", "namespace": "n"], at: "spec", "csi", "controllerExpandSecretRef")
        #expect(PersistentVolumeValidation.errors(for: new, old: old).isEmpty)
        new.set("i", at: "spec", "csi", "volumeHandle")
        #expect(fields(PersistentVolumeValidation.errors(for: new, old: old)) == ["spec.persistentvolumesource"])
    }

    @Test func affinityMayOnlyGetTheNewNamesOfLabels() {
        func affinity(_ key: String, _ value: String) -> Value {
            let expression: Value = ["key": .string(key), "operator": "In", "values": [.string(value)]]
            return ["required": ["nodeSelectorTerms": [["matchExpressions": [expression]]]]]
        }
        let old = affinity("failure-domain.beta.kubernetes.io/zone", "a")
        #expect(VolumeAffinityUpdate.errors(affinity("topology.kubernetes.io/zone", "a"), old: old).isEmpty)
        #expect(VolumeAffinityUpdate.errors(affinity("topology.kubernetes.io/zone", "b"), old: old).count == 1)
        #expect(VolumeAffinityUpdate.errors(nil, old: old).map(\.printedValue) == ["null"])
    }

    @Test func aBoundClaimMayAskForMoreButNotForLessThanItHas() {
        func claim(_ wanted: String, phase: String = "Bound") -> Value {
            [
                "spec": [
                    "accessModes": ["ReadWriteOnce"], "resources": ["requests": ["storage": .string(wanted)]],
                    "volumeName": "v",
                ],
                "status": ["phase": .string(phase), "capacity": ["storage": "2Gi"]],
            ]
        }
        #expect(ClaimValidation.errors(for: claim("5Gi"), old: claim("4Gi")).isEmpty)
        #expect(ClaimValidation.errors(for: claim("3Gi"), old: claim("4Gi")).isEmpty)
        #expect(
            fields(ClaimValidation.errors(for: claim("1Gi"), old: claim("4Gi")))
                == ["spec.resources.requests.storage"])
        #expect(fields(ClaimValidation.errors(for: claim("5Gi", phase: "Lost"), old: claim("4Gi"))) == ["spec"])
    }

    @Test func emptyTopologiesAreRepetitions() {
        func errors(_ terms: [Value]) -> Int {
            StorageClassValidation.errors(
                for: ["provisioner": "p", "volumeBindingMode": "Immediate", "allowedTopologies": .array(terms)]
            ).count
        }
        let term: Value = ["matchLabelExpressions": [["key": "a", "values": ["b"]]]]
        #expect(errors([term]) == 0)
        #expect(errors([term, term]) == 1)
        #expect(errors([[:]]) == 1)
        #expect(errors([[:], [:]]) == 5)
        // However many there are, so many are told.
        #expect(errors(Array(repeating: [:], count: 5000)) == 1000)
    }

    @Test func driversOfANodeKeepWhatTheyAre() {
        func node(_ driver: Value) -> Value { ["spec": ["drivers": [driver]]] }
        let old = node(["name": "d", "nodeID": "i", "allocatable": ["count": 1]])
        #expect(CSIValidation.nodeErrors(for: node(["name": "d", "nodeID": "i"]), old: old).isEmpty)
        #expect(CSIValidation.nodeErrors(for: node(["name": "e", "nodeID": "j"]), old: old).isEmpty)
        #expect(
            CSIValidation.nodeErrors(for: node(["name": "d", "nodeID": "j"]), old: old).map(\.printedValue)
                == [#"{"Name":"d","NodeID":"j","TopologyKeys":null,"Allocatable":null}"#])
    }
}
