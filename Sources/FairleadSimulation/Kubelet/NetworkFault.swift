import FairleadModel

/// What a kubelet reports of a pod that cannot be connected to the network.
///
/// The texts are those of the v1.36 kubelet with the plugins `ptp` and `host-local`, as in kind.
enum NetworkFault {
    /// A node without a range for its pods.
    static let notReady = KubeletEvent(
        type: "Warning", reason: "NetworkNotReady",
        message: "network is not ready: container runtime network not ready: NetworkReady=false "
            + "reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized")

    /// All addresses of the node's range are taken.
    static func exhausted(_ range: CIDR, index: Int, pod: Value) -> KubeletEvent {
        let sandbox = StableIdentifier.hex(of: "\(pod.uid)/sandbox", count: 64)
        let first = range.network.advanced(by: 1)
        // The last address of an IPv4 range is that for broadcasts.
        let last = range.network.advanced(by: range.size -| (range.isIPv4 ? 2 : 1))
        return KubeletEvent(
            type: "Warning", reason: "FailedCreatePodSandBox",
            message:
                "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "
                + "\(sandbox.goQuoted): plugin type=\"ptp\" failed (add): failed to allocate for range \(index): no IP "
                + "addresses available in range set: \(first)-\(last)")
    }
}
