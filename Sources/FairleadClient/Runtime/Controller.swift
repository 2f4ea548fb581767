/// A controller: watches some resources and brings the cluster closer to the state that objects specify.
package protocol Controller: Sendable {
    /// Its name in Kubernetes (`endpointslice-controller`), for logs and metrics.
    var name: String { get }
    /// Works until the task is cancelled, then returns promptly. Called once.
    func run() async
    /// Its current state; cheap to ask for.
    var health: ControllerHealth { get }
}
