import FairleadModel
import Foundation
import Testing

@testable import FairleadControllers

/// Hashes that Kubernetes' own functions have for pod templates (`hash-vectors.jsonl`): together the templates use
/// every field.
@Suite struct TemplateHashTests {
    private static func vectors() throws -> [Value] {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "hash-vectors.jsonl")
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map {
            try JSON.parse(Array($0.utf8)).value
        }
    }

    @Test func templatesHashAsInKubernetes() throws {
        let vectors = try Self.vectors()
        #expect(vectors.count == 41)
        for vector in vectors {
            let template = vector["template"] ?? .null
            let bytes = GoPrinter(template, as: "v1.PodTemplateSpec").bytes
            #expect(Int64(NameHash.fnv1a(bytes)) == vector["sum"]?.int, "\(String(decoding: bytes, as: UTF8.self))")
            #expect(TemplateHash.compute(template, collisionCount: nil) == vector.text("hash"))
            #expect(TemplateHash.compute(template, collisionCount: 0) == vector.text("hash0"))
            #expect(TemplateHash.compute(template, collisionCount: 1) == vector.text("hash1"))
        }
    }

    @Test func revisionsOfStatefulSetsAreNamedAsInKubernetes() throws {
        for vector in try Self.vectors() {
            let set: Value = [
                "metadata": ["name": "w", "namespace": "n", "uid": "u"],
                "spec": ["template": vector["template"] ?? .null],
            ]
            let history = RevisionHistory(owner: set, style: .statefulSet, revisions: [])
            let revision = history.current().revision
            #expect(revision.name == "w-" + vector.text("revision0"))
            #expect(history.name(of: revision, collisionCount: 1) == "w-" + vector.text("revision1"))
        }
    }

    /// The template of Kubernetes' fields that a controller has written down has the texts of its quantities.
    @Test func aResumedDeploymentRemembersTheTextOfItsQuantities() {
        let template: Value = [
            "metadata": ["labels": ["app": "a"]],
            "spec": ["volumes": [["name": "v", "emptyDir": ["sizeLimit": "8Gi"]]], "overhead": ["cpu": "8Ki"]],
        ]
        func printed(_ remembers: Bool) -> String {
            String(
                decoding: GoPrinter(template, as: "v1.PodTemplateSpec", remembersQuantities: remembers).bytes,
                as: UTF8.self)
        }
        #expect(
            printed(true)
                == printed(false).replacing("s:(string) Format", with: "s:(string)8Gi Format", maxReplacements: 1))
        #expect(printed(false).contains("map[cpu:{i:(resource.int64Amount){value:(int64)8192 "))
    }

    @Test(arguments: [
        (
            "0",
            "{i:(resource.int64Amount){value:(int64)0 scale:(resource.Scale)0} "
                + "d:(resource.infDecAmount){Dec:(*inf.Dec)<nil>} s:(string)0 Format:(resource.Format)DecimalSI}"
        ),
        (
            "1500m",
            "{i:(resource.int64Amount){value:(int64)1500 scale:(resource.Scale)-3} "
                + "d:(resource.infDecAmount){Dec:(*inf.Dec)<nil>} s:(string)1500m Format:(resource.Format)DecimalSI}"
        ),
        (
            "64Mi",
            "{i:(resource.int64Amount){value:(int64)67108864 scale:(resource.Scale)0} "
                + "d:(resource.infDecAmount){Dec:(*inf.Dec)<nil>} s:(string) Format:(resource.Format)BinarySI}"
        ),
        (
            "1E3",
            "{i:(resource.int64Amount){value:(int64)1 scale:(resource.Scale)3} "
                + "d:(resource.infDecAmount){Dec:(*inf.Dec)<nil>} s:(string)1E3 Format:(resource.Format)DecimalExponent}"
        ),
        (
            "123456789123456789123",
            "{i:(resource.int64Amount){value:(int64)0 scale:(resource.Scale)0} "
                + "d:(resource.infDecAmount){Dec:(*inf.Dec){unscaled:(big.Int){neg:(bool)false "
                + "abs:(big.nat)[14514493553345388032 6692605948]} scale:(inf.Scale)9}} "
                + "s:(string) Format:(resource.Format)DecimalSI}"
        ),
    ])
    func quantitiesPrintAsInGo(text: String, expected: String) {
        let printed = GoPrinter(["overhead": ["x": .string(text)]], as: "v1.PodSpec").bytes
        #expect(String(decoding: printed, as: UTF8.self).contains("Overhead:(v1.ResourceList)map[x:\(expected)]"))
    }

    @Test func longQuantitiesEndSoon() {
        let text = String(repeating: "9", count: 1_000_000)
        _ = GoPrinter(["overhead": ["x": .string(text)]], as: "v1.PodSpec").bytes
    }

    @Test func revisionsRecordNumbersAsFloatingPointAndEscapeForHTML() {
        let value: Value = ["a": 9_007_199_254_740_993, "b": .int(.max), "c": "<&>\u{2028}", "d": 7]
        let text = String(decoding: value.goDecoded.goJSONBytes, as: UTF8.self)
        #expect(
            text == #"{"a":9007199254740992,"b":9223372036854776000,"c":"\u003c\u0026\u003e\u2028","d":7}"#)
    }

    @Test func longNamesAreCut() {
        let name = String(repeating: "n", count: 253)
        var set: Value = ["metadata": ["name": .string(name), "namespace": "n", "uid": "u"], "spec": [:]]
        set.set(Fixture.template(), at: "spec", "template")
        let revision = RevisionHistory(owner: set, style: .statefulSet, revisions: []).current().revision
        #expect(revision.name.prefix(224) == String(repeating: "n", count: 223) + "-")
        var reconciler = DeploymentReconciler(deployment: set, replicaSets: [], now: Fixture.now)
        #expect(reconciler.plan().create?.name.utf8.count == 253)
    }
}
