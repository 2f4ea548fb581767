package import FairleadClient
import FairleadModel

/// Reports in its status whether an APIService is available.
package enum APIServiceAvailabilityController {
    package static let descriptor = ControllerDescriptor("apiservice-status-remote-available-controller", workers: 1) {
        (setup: ControllerSetup<String>, _: Void) in
        let services = setup.watch(.apiServices) { $0.isDeletion ? [] : [$0.name.name] }.lister
        @Sendable func reached(through name: ObjectName) -> [String] {
            services.list().filter { APIServiceAvailability.target(of: $0.value) == name }.map(\.key.name)
        }
        let targets = setup.watch(.services) { reached(through: $0.name) }.lister
        let slices = ServiceSlices(setup.informers)
        setup.watch(.endpointSlices) { change in
            guard let slice = change.latest else { return [] }
            return reached(
                through: ObjectName(namespace: slice.key.namespace, name: EndpointSliceView(slice).serviceName))
        }
        let (client, now) = (setup.client, setup.now)
        return { name in
            guard let service = services.get(namespace: "", name: name)?.value else { return .done }
            let target = APIServiceAvailability.target(of: service)
            let state = APIServiceAvailability.state(
                of: service, target: target.flatMap { targets.get($0)?.value },
                slices: target.map { slices.slices(of: $0).map(\.value) } ?? [])
            var conditions = Conditions(of: service)
            conditions.set("Available", state.isAvailable, reason: state.reason, message: state.message, now: now())
            var status = service["status"] ?? .object(Object())
            status["conditions"] = conditions.value
            try await client.updateStatus(.apiServices, of: service, to: status)
            return .done
        }
    }
}
