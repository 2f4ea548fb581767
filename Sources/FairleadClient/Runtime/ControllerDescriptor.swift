/// A controller that can be created: its names and its factory.
///
/// `Settings` is what controllers of a module need beyond the context; one type for all of them.
package struct ControllerDescriptor<Settings: Sendable>: Sendable {
    /// kube-controller-manager's name for it, if there is one: used in logs, metrics and `--controllers`.
    package let name: String
    /// kube-controller-manager's name for it before Kubernetes 1.28.
    package let alias: String?
    /// Whether it stands in for machines or a cloud: a bare control plane has it only if it is asked for by name.
    package let isStandIn: Bool
    private let makeController: @Sendable (ControllerContext, Settings) -> any Controller

    /// - Parameters:
    ///   - workers: the maximum number of keys in work at a time.
    ///   - define: declares what is watched, and returns the reconcile function. Called once per controller created.
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

    /// Creates the controller without running it; its informers and handlers are in place.
    package func make(_ context: ControllerContext, _ settings: Settings) -> any Controller {
        makeController(context, settings)
    }

    /// The same descriptor for a caller whose settings contain these ones, and who may need to change the context.
    package func within<Other: Sendable>(
        settings: @escaping @Sendable (Other) -> Settings,
        context: @escaping @Sendable (ControllerContext, Other) -> ControllerContext = { context, _ in context }
    ) -> ControllerDescriptor<Other> {
        ControllerDescriptor<Other>(name: name, alias: alias, isStandIn: isStandIn) { [makeController] shared, other in
            makeController(context(shared, other), settings(other))
        }
    }
}
