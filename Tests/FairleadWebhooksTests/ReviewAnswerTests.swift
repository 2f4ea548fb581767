import FairleadModel
import Testing

@testable import FairleadWebhooks

/// What Kubernetes' decoder and its checks say about answers that are none.
struct ReviewAnswerTests {
    private func complaint(_ text: String, isMutating: Bool = true) -> String? {
        do throws(WebhookFailure) {
            _ = try ReviewAnswer(Array(text.utf8), uid: "u", isMutating: isMutating)
            return nil
        } catch {
            return error.reason
        }
    }

    private func response(_ fields: String) -> String {
        #"{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","response":{"uid":"u",\#(fields)}}"#
    }

    @Test(arguments: [
        ("{}", "received invalid webhook response: webhook response was absent"),
        (
            #"{"response":{"allowed":true}}"#,
            "received invalid webhook response: expected response.uid=\"u\", got \"\""
        ),
        (
            #"{"response":{"uid":"u","allowed":true}}"#,
            "received invalid webhook response: expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got /, Kind="
        ),
        (
            #"{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1beta1"}"#,
            "failed to call webhook: converting (v1beta1.AdmissionReview) to (v1.AdmissionReview): unknown conversion"
        ),
    ])
    func aReviewThatIsNotOne(text: String, expected: String) { #expect(complaint(text) == expected) }

    @Test(arguments: [
        (
            #""allowed":"yes""#,
            "json: cannot unmarshal string into Go struct field AdmissionResponse.response.allowed of type bool"
        ),
        (
            #""warnings":[1]"#,
            "json: cannot unmarshal number into Go struct field AdmissionResponse.response.warnings of type string"
        ),
        (
            #""status":{"code":"x"}"#,
            "json: cannot unmarshal string into Go struct field Status.response.status.code of type int32"
        ),
    ])
    func aFieldOfTheWrongType(fields: String, expected: String) {
        #expect(complaint(response(fields)) == "failed to call webhook: " + expected)
    }

    @Test func aPatchNeedsItsTypeAndTheTypeAPatch() {
        let prefix = "received invalid webhook response: webhook returned response."
        #expect(complaint(response(#""allowed":true,"patch":"W10=""#)) == prefix + "patch but not response.patchType")
        #expect(
            complaint(response(#""allowed":true,"patchType":"JSONPatch""#)) == prefix
                + "patchType but not response.patch")
        #expect(complaint(response(#""allowed":true,"patch":"W10=""#), isMutating: false) == nil)
    }

    @Test func aDenialIsNeverASuccess() throws {
        let answer = try ReviewAnswer(
            Array(response(#""allowed":false,"status":{"code":200,"reason":"odd"}"#).utf8), uid: "u", isMutating: false)
        let denial = answer.denial(by: "h")
        #expect(denial.code == 400 && denial.reason == "odd")
        #expect(denial.message == "admission webhook \"h\" denied the request: odd")
    }
}
