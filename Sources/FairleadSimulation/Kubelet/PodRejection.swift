import FairleadModel
import FairleadScheduling

/// Why a kubelet does not take a pod: an unsafe sysctl, or something that the node lacks.
///
/// Reference: "Using sysctls in a Kubernetes Cluster"; texts are those of the v1.36 kubelet.
struct PodRejection: Hashable {
    var reason: String
    var message: String

    /// nil for a pod that may run, or runs already.
    ///
    /// - Parameter refusal: what the node's admission says.
    init?(_ pod: Value, refusal: NodeAdmission.Rejection?) {
        guard pod["status"]?["startTime"] == nil else { return nil }
        let sysctls = pod.items("spec", "securityContext", "sysctls")
        let names = sysctls.map { $0.text("name").replacing("/", with: ".") }
        if let bad = names.first(where: { !Self.safe.contains($0) }) {
            reason = "SysctlForbidden"
            message = "forbidden sysctl: \(bad.goQuoted) not allowlisted"
        } else if let refusal {
            reason = refusal.reason
            message = refusal.message
        } else {
            return nil
        }
    }

    private static let safe: Set<String> = [
        "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies",
        "net.ipv4.ping_group_range", "net.ipv4.ip_unprivileged_port_start", "net.ipv4.ip_local_reserved_ports",
        "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes",
        "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem",
    ]
}
