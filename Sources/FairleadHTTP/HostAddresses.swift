import NIOCore

/// The addresses of the machine's network interfaces, in the operating system's order.
package enum HostAddresses {
    /// Empty if the system does not tell.
    package static func all() -> [String] {
        let devices = (try? System.enumerateDevices()) ?? []
        return devices.compactMap { $0.address?.ipAddress }
    }
}
