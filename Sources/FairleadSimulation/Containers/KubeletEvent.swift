/// An event about a container, or about the pod if there is none.
struct KubeletEvent: Hashable, Sendable {
    var type = "Normal"
    var reason: String
    var message: String
    var container: String?
    /// The list of the spec that the container is in.
    var list = "containers"

    /// `spec.containers{web}`.
    var fieldPath: String { container.map { "spec.\(list){\($0)}" } ?? "" }
}
