import FairleadModel
import Testing

@testable import FairleadClusterControllers

struct APIServiceAvailabilityTests {
    private let service: Value = [
        "spec": ["group": "g", "version": "v1", "service": ["name": "s", "namespace": "n", "port": 443]]
    ]

    private func reason(_ target: Value?, _ slices: [Value] = []) -> String {
        APIServiceAvailability.state(of: service, target: target, slices: slices)?.reason ?? "nothing"
    }

    @Test func whatIsMissingOnTheWay() {
        #expect(reason(nil) == "ServiceNotFound")
        func target(_ port: Int64) -> Value {
            ["spec": ["type": "ClusterIP", "ports": [["name": "https", "port": .int(port)]]]]
        }
        #expect(reason(target(80)) == "ServicePortError")
        #expect(reason(target(443)) == "EndpointsNotFound")
        func slice(_ isReady: Bool) -> Value {
            [
                "ports": [["name": "https"]],
                "endpoints": [["addresses": ["10.0.0.1"], "conditions": ["ready": .bool(isReady)]]],
            ]
        }
        #expect(reason(target(443), [slice(false)]) == "MissingEndpoints")
        #expect(reason(target(443), [slice(true)]) == "nothing")
        #expect(APIServiceAvailability.state(of: ["spec": [:]], target: nil, slices: [])?.isAvailable == true)
    }

    @Test func thenTheServerIsAsked() {
        #expect(APIServiceAvailability.checked(nil).reason == "Passed")
        let failed = APIServiceAvailability.checked("no answer")
        #expect(failed.reason == "FailedDiscoveryCheck" && failed.message == "no answer" && !failed.isAvailable)
    }
}
