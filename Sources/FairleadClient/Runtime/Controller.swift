/// A controller: watches some resources and brings the world nearer to what objects say.
package protocol Controller: Sendable {
    /// Kubernetes' name of it (`endpointslice-controller`), for logs and metrics.
    var name: String { get }
    /// Works until the task is cancelled, then returns promptly. Called once.
    func run() async
    /// How it is just now; costs little.
    var health: ControllerHealth { get }
}
