import FairleadAPI
import FairleadModel
import Testing

@testable import FairleadWebhooks

/// Conversion between versions of custom objects.
struct ConversionTests {
    private let old: Value = [
        "apiVersion": "g.example/v1", "kind": "Thing",
        "metadata": ["name": "t", "uid": "u", "labels": ["a": "b"], "finalizers": ["x/y"]],
    ]

    private func fault(_ change: (inout Value) -> Void) -> String? {
        var answer = old
        answer["apiVersion"] = "g.example/v2"
        change(&answer)
        do throws(ConvertedObject.Fault) {
            _ = try ConvertedObject.checked(answer, from: old, apiVersion: "g.example/v2")
            return nil
        } catch {
            return "\(error.what): \(error.why)"
        }
    }

    @Test func aWebhookMayNotMakeSomethingElseOfAnObject() {
        #expect(fault { $0.set("other", at: "metadata", "name") } == "object: must have the same name: t != other")
        #expect(fault { $0.set("other", at: "metadata", "uid") } == "object: must have the same UID: u != other")
        #expect(fault { $0["kind"] = "Pod" } == "object: invalid kind (expected Thing, received Pod)")
        #expect(
            fault { $0["apiVersion"] = "g.example/v1" }
                == "object: invalid groupVersion (expected g.example/v2, received g.example/v1)")
        #expect(fault { $0["metadata"] = nil }?.hasPrefix("object: must have the same name") == true)
        #expect(
            fault { $0.set(["a": 1], at: "metadata", "labels") }
                == "metadata: metadata.labels[a] must be a string, but is int64 in converted object")
    }

    @Test func onlyLabelsAndAnnotationsOfTheMetadataAreTaken() throws {
        var answer = old
        answer["apiVersion"] = "g.example/v2"
        answer["metadata"] = ["name": "t", "uid": "u", "labels": ["c": "d"], "generation": 9]
        let converted = try ConvertedObject.checked(answer, from: old, apiVersion: "g.example/v2")
        #expect(
            converted["metadata"] == ["name": "t", "uid": "u", "labels": ["c": "d"], "finalizers": ["x/y"]])
    }
}
