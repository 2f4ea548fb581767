import FairleadModel

/// An address as the key of a table: IPv4 addresses as those that IPv6 maps them to.
struct AddressKey: Hashable, Sendable {
    let bits: UInt128

    init(_ address: IPAddress) {
        bits = address.isIPv4 ? UInt128(0xFFFF) << 32 | address.bits : address.bits
    }

    /// nil for texts that are no address in its usual form: only by that it can be asked for.
    init?(canonical text: String) {
        guard let address = IPAddress(text), address.description == text else { return nil }
        self.init(address)
    }
}
