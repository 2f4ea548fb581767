import FairleadClient
import FairleadClientTesting
import FairleadControllers
import FairleadModel
import Foundation
import Testing

@testable import FairleadServer

/// Random operations on Services, pods, nodes and Endpoints, against the API and its controllers and against a model.
///
/// `FAIRLEAD_MODEL_SEED` and `FAIRLEAD_MODEL_STEPS` repeat a run or make it longer.
struct ServiceModelTests {
    private static let seeds: [UInt64] = {
        let given = ProcessInfo.processInfo.environment["FAIRLEAD_MODEL_SEED"].flatMap { UInt64($0) }
        return given.map { [$0] } ?? [1, UInt64.random(in: 2...UInt64.max), UInt64.random(in: 2...UInt64.max)]
    }()
    private static let steps =
        ProcessInfo.processInfo.environment["FAIRLEAD_MODEL_STEPS"].flatMap { Int($0) } ?? 800

    private func controllers(_ fixture: ControlPlaneFixture) -> (InformerSet) -> [any Controller] {
        { informers in
            let owned = [
                ManagedResource(.services, kind: "Service", isNamespaced: true),
                ManagedResource(.endpoints, kind: "Endpoints", isNamespaced: true),
                ManagedResource(.endpointSlices, kind: "EndpointSlice", isNamespaced: true),
            ]
            return [
                EndpointSliceController.descriptor, EndpointsController.descriptor,
                EndpointSliceMirroringController.descriptor, ServiceCIDRController.descriptor,
                IPAddressRepairController.descriptor, GarbageCollector.descriptor,
            ].map { fixture.make($0, informers, resources: owned) }
        }
    }

    @Test(arguments: seeds)
    func clusterAndModelAgreeAtEveryQuietMoment(seed: UInt64) async throws {
        print("service model: seed \(seed), \(Self.steps) steps")
        let fixture = try ControlPlaneFixture(
            ranges: ["10.96.0.0/28", "fd00:96::/120"], nodePorts: 30000...30011)
        try await fixture.run(controllers(fixture)) {
            // Fourteen addresses with the one of `kubernetes`.
            let model = ServiceModel(addressCapacity: 14, nodePortRange: 30000...30011)
            var operations = ServiceOperations(fixture: fixture, model: model, seed: seed)
            for step in 1...Self.steps {
                await operations.step()
                guard step.isMultiple(of: 10) || step == Self.steps else { continue }
                let observation = ServiceObservation(fixture: fixture, model: operations.model)
                let agrees = await eventually { observation.differences().isEmpty }
                if agrees, operations.surprises.isEmpty { continue }
                Issue.record(
                    """
                    seed \(seed), step \(step): \(observation.differences())
                    surprises: \(operations.surprises)
                    \(operations.log.joined(separator: "\n"))
                    """)
                return
            }
        }
    }
}
