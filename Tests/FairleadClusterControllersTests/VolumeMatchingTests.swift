import FairleadModel
import Testing

@testable import FairleadClusterControllers

struct VolumeMatchingTests {
    private func volume(
        _ name: String, _ size: String, modes: [String] = ["ReadWriteOnce"], claim: Value? = nil,
        phase: String = "Available", labels: [String: String] = [:], className: String = "c"
    ) -> Value {
        var volume: Value = [
            "metadata": ["name": .string(name)],
            "spec": [
                "capacity": ["storage": .string(size)], "accessModes": .array(modes.map(Value.string)),
                "storageClassName": .string(className),
            ],
            "status": ["phase": .string(phase)],
        ]
        for (key, value) in labels { volume.set(.string(value), at: "metadata", "labels", key) }
        if let claim { volume.set(claim, at: "spec", "claimRef") }
        return volume
    }

    private let claim: Value = [
        "metadata": ["name": "p", "namespace": "n", "uid": "u"],
        "spec": [
            "accessModes": ["ReadWriteOnce"], "resources": ["requests": ["storage": "2Gi"]], "storageClassName": "c",
        ],
    ]

    private func best(_ volumes: Value..., isDelayed: Bool = false, for other: Value? = nil) -> String? {
        VolumeMatching.best(for: other ?? claim, among: volumes, isDelayed: isDelayed)?.name
    }

    @Test func theSmallestThatIsLargeEnough() {
        #expect(best(volume("a", "1Gi"), volume("c", "5Gi"), volume("b", "3Gi"), volume("d", "3Gi")) == "b")
        #expect(best(volume("a", "1Gi")) == nil)
    }

    @Test func fewerAccessModesFirst() {
        #expect(best(volume("a", "2Gi", modes: ["ReadWriteOnce", "ReadOnlyMany"]), volume("b", "9Gi")) == "b")
        #expect(best(volume("a", "2Gi", modes: ["ReadOnlyMany"])) == nil)
    }

    @Test func oneThatIsReservedBeforeAllOthers() {
        let reserved = volume("z", "9Gi", claim: ["name": "p", "namespace": "n"], phase: "Pending", className: "d")
        #expect(best(volume("a", "2Gi"), reserved) == "z")
        #expect(best(volume("a", "2Gi"), reserved, isDelayed: true) == "z")
        #expect(best(volume("a", "2Gi"), isDelayed: true) == nil)
        #expect(best(volume("a", "2Gi", claim: ["name": "p", "namespace": "n", "uid": "older"])) == nil)
    }

    @Test func onlyAvailableOnesOfTheClassThatTheSelectorChooses() {
        #expect(best(volume("a", "2Gi", phase: "Released"), volume("b", "2Gi", className: "")) == nil)
        var choosy = claim
        choosy.set(["matchLabels": ["k": "v"]], at: "spec", "selector")
        #expect(best(volume("a", "2Gi"), volume("b", "3Gi", labels: ["k": "v"]), for: choosy) == "b")
    }

    @Test func whyANamedVolumeDoesNotFit() {
        #expect(VolumeMatching.mismatch(volume("a", "2Gi"), claim) == nil)
        #expect(VolumeMatching.mismatch(volume("a", "1Gi"), claim) == "requested PV is too small")
        #expect(VolumeMatching.mismatch(volume("a", "2Gi", className: ""), claim) == "storageClassName does not match")
        #expect(
            VolumeMatching.mismatch(volume("a", "2Gi", modes: ["ReadOnlyMany"]), claim) == "incompatible accessMode")
    }
}
