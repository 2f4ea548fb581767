package import FairleadClient
package import FairleadModel

/// Asks the server of an APIService for its resources.
package struct APIServiceCheck: Sendable {
    /// - Returns: nil if it answers, else why it does not.
    let ask: @Sendable (_ service: Value) async -> String?

    package init(ask: @escaping @Sendable (_ service: Value) async -> String?) { self.ask = ask }
}

/// Reports in its status whether an APIService is available.
package enum APIServiceAvailabilityController {
    /// How soon a server that answers is asked again, and one that does not.
    private static let interval = Duration.seconds(30)
    private static let retry = Duration.seconds(3)

    package static let descriptor = ControllerDescriptor("apiservice-status-remote-available-controller", workers: 5) {
        (setup: ControllerSetup<String>, check: APIServiceCheck) in
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
            let missing = APIServiceAvailability.state(
                of: service, target: target.flatMap { targets.get($0)?.value },
                slices: target.map { slices.slices(of: $0).map(\.value) } ?? [])
            let state: APIServiceAvailability
            if let missing { state = missing } else { state = .checked(await check.ask(service)) }
            var conditions = Conditions(of: service)
            conditions.set("Available", state.isAvailable, reason: state.reason, message: state.message, now: now())
            var status = service["status"] ?? .object(Object())
            status["conditions"] = conditions.value
            try await client.updateStatus(.apiServices, of: service, to: status)
            return missing == nil ? .again(after: state.isAvailable ? interval : retry) : .done
        }
    }
}
