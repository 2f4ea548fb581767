import FairleadModel
import Testing

@testable import FairleadKinds
@testable import FairleadRules

/// Metadata of all kinds, the changes of workloads, and the forms of events and scales.
struct MetadataRulesTests {
    private func errors(_ meta: Value, old: Value? = nil, kind: String = "ConfigMap") -> [String] {
        func object(_ meta: Value) -> Value {
            var object: Value = ["kind": .string(kind), "metadata": ["name": "a", "namespace": "n"]]
            for member in meta.object ?? Object() { object.set(member.value, at: "metadata", member.key) }
            return object
        }
        return MetadataValidation.errors(
            for: object(meta), old: old.map(object), isNamespaced: true,
            nameErrors: { name, isPrefix in
                NameRules.dns1123Subdomain(isPrefix ? name.maskingTrailingDash : name)
            }
        ).map(\.description)
    }

    @Test func newFinalizersAreRefusedDuringDeletion() {
        let words =
            "metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, "
            + "found new finalizers []string{\"example.com/more\"}"
        let old: Value = ["deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["example.com/hold"]]
        let new: Value = [
            "deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["example.com/hold", "example.com/more"],
        ]
        #expect(errors(new, old: old) == [words, words])
    }

    @Test func everyCheckOfAnUpdateIsReported() {
        let bad: Value = ["labels": ["a b": "c"]]
        #expect(errors(bad, old: .object(Object()), kind: "Service").count == 3)
        #expect(errors(bad, old: .object(Object()), kind: "ConfigMap").count == 2)
        let uid = errors(["uid": "y"], old: ["uid": "x"])
        let words = "metadata.uid: Invalid value: \"y\": field is immutable"
        #expect(uid == [words, words])
    }

    @Test func prefixesMayEndInADashAndNamesMayNot() {
        #expect(errors(["generateName": "web-"]) == [])
        #expect(errors(["name": "web-"]).count == 1)
        #expect(
            errors(["name": ""]) == ["metadata.name: Required value: name or generateName is required"])
    }

    @Test func annotationsAreBoundedTogether() {
        let text = Value.string(String(repeating: "x", count: FieldChecks.totalAnnotationSize))
        let words = "metadata.annotations: Too long: may not be more than 262144 bytes"
        #expect(errors(["annotations": ["a": text]]) == [words])
    }

    @Test func eventFormsConvertBothWays() {
        let core: Value = [
            "apiVersion": "v1", "kind": "Event", "metadata": ["name": "e"], "involvedObject": ["kind": "Pod"],
            "message": "text", "reason": "R", "type": "Normal", "source": ["component": "me"], "count": 1,
            "eventTime": .null, "firstTimestamp": "2026-01-01T00:00:00Z", "lastTimestamp": "2026-01-01T00:00:00Z",
            "reportingComponent": "", "reportingInstance": "",
        ]
        let other = EventConversion.toEvents(core)
        #expect(other["note"] == "text" && other["regarding"] == ["kind": "Pod"] && other["deprecatedCount"] == 1)
        #expect(other["reportingController"] == nil && other["message"] == nil)
        #expect(EventConversion.toCore(other) == core)
    }

    @Test func scaleOfNothingHasAnEmptySpec() throws {
        let object: Value = [
            "metadata": ["name": "d", "labels": ["x": "y"]],
            "spec": ["replicas": 0, "selector": ["matchLabels": ["app": "a"]]], "status": ["replicas": 2],
        ]
        let scale = try ScaleMapping.builtIn.scale(from: object)
        #expect(scale["spec"] == .object(Object()))
        #expect(scale["status"] == ["replicas": 2, "selector": "app=a"])
        #expect(scale["metadata"] == ["name": "d"])
        #expect(ScaleMapping.builtIn.apply(["spec": ["replicas": 3]], to: object).at("spec", "replicas") == 3)
    }
}
