/// The transport protocols that the lab serves. SCTP is left out: many kernels do not have it.
package enum LabTransport: String, Hashable, Sendable, CaseIterable {
    case tcp = "TCP"
    case udp = "UDP"
}
