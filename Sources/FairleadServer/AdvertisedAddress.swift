import FairleadHTTP
import FairleadModel
import FairleadSimulation

/// The address in the endpoints of the Service `kubernetes`.
///
/// Chosen as kube-apiserver does: the address that the server listens on, or the machine's if that is a loopback
/// address or stands for all. Without a network, the machine is the gateway of the simulated nodes.
enum AdvertisedAddress {
    /// - Parameter sample: an address of the wanted family.
    static func choose(listening: [HTTPAddress], machine: [String], family sample: IPAddress) -> String {
        let suitable = (listening.map(\.host) + machine).first { text in
            guard let address = IPAddress(text), address.isIPv4 == sample.isIPv4 else { return false }
            return !address.isLoopback && !address.isUnspecified && !address.isLinkLocalUnicast
        }
        return suitable ?? SimulatedNodes.gateway(isIPv4: sample.isIPv4).description
    }
}
