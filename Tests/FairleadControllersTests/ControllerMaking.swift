import FairleadClient
import FairleadModel

@testable import FairleadControllers

extension ControllerDescriptor<ControllerSettings> {
    /// The controller for a test, as a server would make it but for what the test cares about.
    func make(
        _ informers: InformerSet, _ environment: Environment, clock: any DelayClock = SystemDelayClock(),
        resources: ManagedResources? = nil, configure: (inout ControllerSettings) -> Void = { _ in }
    ) -> any Controller {
        let bootstrap = Bootstrap(
            client: informers.client,
            configuration: .init(serviceCIDRs: [], serverPort: 6443, advertiseAddress: "192.0.2.1"),
            environment: environment)
        var settings = ControllerSettings(
            resources: resources ?? ManagedResources([], informers: informers), bootstrap: bootstrap)
        configure(&settings)
        return make(ControllerContext(informers: informers, environment: environment, clock: clock), settings)
    }
}
