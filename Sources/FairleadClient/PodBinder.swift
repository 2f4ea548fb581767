package import FairleadModel

/// The one write that only schedulers make: POST pods/binding.
package protocol PodBinder: Sendable {
    /// Assigns the pod to the node. 409 if the pod already has a node, is being deleted or is gated, or if `uid` is not
    /// its uid.
    func bind(namespace: String, pod: String, to node: String, uid: String?) async throws(APIStatus)
}
