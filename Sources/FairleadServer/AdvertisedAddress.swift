import FairleadHTTP
import FairleadModel
import FairleadSimulation

/// The address in the endpoints of the Service `kubernetes`.
///
/// Chosen as kube-apiserver does: the address that the server listens on, or the machine's if that stands for all. Where
/// the server listens on loopback only, simulated pods could still reach it, for they are nowhere else: it has the
/// machine's address then, or without a network that of the gateway of the simulated nodes. A bare control plane has no
/// such pods, and no endpoints, like kube-apiserver that advertises a loopback address.
enum AdvertisedAddress {
    /// - Parameter sample: an address of the wanted family.
    static func choose(
        listening: [HTTPAddress], machine: [String], family sample: IPAddress, isBare: Bool
    ) -> String? {
        let isLocal = listening.allSatisfy { IPAddress($0.host)?.isLoopback ?? ($0.host == "localhost") }
        if isBare, isLocal { return nil }
        let suitable = (listening.map(\.host) + machine).first { text in
            guard let address = IPAddress(text), address.isIPv4 == sample.isIPv4 else { return false }
            return !address.isLoopback && !address.isUnspecified && !address.isLinkLocalUnicast
        }
        return suitable ?? SimulatedNodes.gateway(isIPv4: sample.isIPv4).description
    }
}
