/// A controller that there can be: its names, and how it is made.
///
/// `Settings` is what its module needs to know beyond the context; one type for all controllers of a module.
package struct ControllerDescriptor<Settings: Sendable>: Sendable {
    /// kube-controller-manager's name of it where that has such a controller: in logs, metrics and `--controllers`.
    package let name: String
    /// The name that kube-controller-manager had for it before Kubernetes 1.28.
    package let alias: String?
    /// It stands in for machines or a cloud: not there in a bare control plane unless it is asked for by name.
    package let isStandIn: Bool
    private let makeController: @Sendable (ControllerContext, Settings) -> any Controller

    /// - Parameters:
    ///   - workers: how many keys are in work at a time, at the most.
    ///   - define: says what is watched, and returns what is done about a key. Called once for each controller made.
    package init<Key: Hashable & Sendable>(
        _ name: String, alias: String? = nil, isStandIn: Bool = false, workers: Int, backoff: Backoff = .controllers,
        _ define: @escaping @Sendable (ControllerSetup<Key>, Settings) -> Reconcile<Key>
    ) {
        self.init(name: name, alias: alias, isStandIn: isStandIn) { context, settings in
            let setup = ControllerSetup<Key>(name, context: context, backoff: backoff)
            let reconcile = define(setup, settings)
            return setup.makeController(workers: workers, reconcile: reconcile)
        }
    }

    private init(
        name: String, alias: String?, isStandIn: Bool,
        make: @escaping @Sendable (ControllerContext, Settings) -> any Controller
    ) {
        self.name = name
        self.alias = alias
        self.isStandIn = isStandIn
        makeController = make
    }

    /// The controller, not yet running; its informers and handlers are there.
    package func make(_ context: ControllerContext, _ settings: Settings) -> any Controller {
        makeController(context, settings)
    }

    /// The same for somebody who has the settings among others, and a context that he may have to change.
    package func within<Other: Sendable>(
        settings: @escaping @Sendable (Other) -> Settings,
        context: @escaping @Sendable (ControllerContext, Other) -> ControllerContext = { context, _ in context }
    ) -> ControllerDescriptor<Other> {
        ControllerDescriptor<Other>(name: name, alias: alias, isStandIn: isStandIn) { [makeController] shared, other in
            makeController(context(shared, other), settings(other))
        }
    }
}
