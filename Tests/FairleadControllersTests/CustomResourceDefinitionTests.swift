import FairleadClient
import FairleadClientTesting
import FairleadModel
import Testing

@testable import FairleadControllers

struct CustomResourceDefinitionTests {
    private static let now = Timestamp(seconds: 1_800_000_000)

    private func definition(_ plural: String, kind: String, accepted: Value? = nil, shortNames: [String] = []) -> Value
    {
        var names: Value = [
            "plural": .string(plural), "singular": .string(kind.lowercased()), "kind": .string(kind),
            "listKind": .string(kind + "List"),
        ]
        if !shortNames.isEmpty { names["shortNames"] = .array(shortNames.map { .string($0) }) }
        var object: Value = [
            "kind": "CustomResourceDefinition", "metadata": ["name": .string(plural + ".g"), "uid": .string(plural)],
            "spec": [
                "group": "g", "scope": "Namespaced", "names": names,
                "versions": [["name": "v1", "served": true, "storage": true]],
            ],
        ]
        if let accepted { object.set(accepted, at: "status", "acceptedNames") }
        return object
    }

    private func conditions(_ object: Value) -> [String] {
        object.items("status", "conditions").map {
            "\($0.text("type")) \($0.text("status")) \($0.text("reason")): \($0.text("message"))"
        }
    }

    @Test func freeNamesAreAcceptedAndTheKindIsEstablished() {
        let updated = NamesReconciler(definition: definition("things", kind: "Thing"), group: [], now: Self.now).updated
        #expect(updated.at("status", "acceptedNames") == updated.at("spec", "names"))
        #expect(
            conditions(updated) == [
                "NamesAccepted True NoConflicts: no conflicts found",
                "Established True InitialNamesAccepted: the initial names have been accepted",
            ])
    }

    @Test func takenNamesAreRefusedAndTheOthersAccepted() {
        let first = definition(
            "things", kind: "Thing",
            accepted: ["plural": "things", "singular": "thing", "kind": "Thing", "listKind": "ThingList"])
        var second = definition("others", kind: "Thing")
        second.set("other", at: "spec", "names", "singular")
        let updated = NamesReconciler(definition: second, group: [first, second], now: Self.now).updated
        #expect(updated.at("status", "acceptedNames") == ["plural": "others", "singular": "other"])
        #expect(
            conditions(updated) == [
                "NamesAccepted False ListKindConflict: \"ThingList\" is already in use",
                "Established False NotAccepted: not all names are accepted",
            ])
    }

    @Test func anEstablishedKindStaysSoWhenANewShortNameIsTaken() {
        let first = definition("things", kind: "Thing", accepted: ["plural": "things", "shortNames": ["t"]])
        let second = definition("others", kind: "Other")
        var established = NamesReconciler(definition: second, group: [first], now: Self.now).updated
        established.set(["t"], at: "spec", "names", "shortNames")
        let updated = NamesReconciler(definition: established, group: [first, established], now: Self.now).updated
        #expect(
            conditions(updated) == [
                "NamesAccepted False ShortNamesConflict: \"t\" is already in use",
                "Established True InitialNamesAccepted: the initial names have been accepted",
            ])
    }

    /// An informer of what is not served any more would keep the server from being ready for ever.
    @Test func whoStillHoldsAResourceThatHasGoneStartsNoInformer() {
        let informers = InformerSet(client: MemoryCluster())
        let resources = ManagedResources([], informers: informers)
        let things = GroupVersionResource(group: "g", version: "v1", resource: "things")
        let managed = ManagedResource(things, kind: "Thing", isNamespaced: true)
        resources.setCustom([managed])
        #expect(resources.lister(managed) != nil)
        resources.setCustom([])
        #expect(resources.lister(managed) == nil)
        #expect(informers.existing(things) == nil)
    }

    @Test func aDeletedDefinitionGoesWhenItsLastObjectHas() async throws {
        let cluster = MemoryCluster()
        let things = GroupVersionResource(group: "g", version: "v1", resource: "things")
        let make: (InformerSet) -> [any Controller] = { informers in
            let resources = ManagedResources([], informers: informers)
            return [
                NamesController.descriptor.make(informers, cluster.environment, resources: resources),
                CleanupController.descriptor.make(informers, cluster.environment, resources: resources),
            ]
        }
        try await withControllers(cluster, make) {
            var object = definition("things", kind: "Thing")
            object.finalizers = [CleanupWorker.finalizer]
            _ = try await cluster.create(.customResourceDefinitions, namespace: "", object)
            #expect(
                await eventually {
                    cluster.all(.customResourceDefinitions).first.map { conditions($0).count == 2 } ?? false
                })
            for index in 0..<3 {
                let held: Value = index == 0 ? ["example.com/f"] : []
                _ = try await cluster.create(
                    things, namespace: "n",
                    ["kind": "Thing", "metadata": ["name": .string("t\(index)"), "finalizers": held]])
            }
            try await cluster.delete(.customResourceDefinitions, namespace: "", name: "things.g")
            #expect(await eventually { cluster.all(things).map(\.name) == ["t0"] })
            #expect(!cluster.all(.customResourceDefinitions).isEmpty)
            try await cluster.patch(things, namespace: "n", name: "t0", ["metadata": ["finalizers": .null]])
            #expect(await eventually { cluster.all(.customResourceDefinitions).isEmpty })
        }
    }
}
