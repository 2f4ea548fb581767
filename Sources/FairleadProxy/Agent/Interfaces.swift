package import FairleadModel
import NIOCore

/// The network interfaces of this machine, or of the namespace that the process is in.
package enum Interfaces {
    /// All addresses, without those that the system does not tell.
    @Sendable package static func addresses() -> Set<IPAddress> {
        // Without a list nothing counts as ours, and the kernel chooses the address of the interface.
        let devices = (try? System.enumerateDevices()) ?? []
        return Set(
            devices.compactMap { device in
                guard let text = device.address?.ipAddress else { return nil }
                return IPAddress(String(text.split(separator: "%").first ?? ""))
            })
    }
}
