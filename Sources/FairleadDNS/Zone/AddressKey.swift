import FairleadModel

/// An address as a key of a table: IPv4 addresses are stored as IPv4-mapped IPv6 addresses.
struct AddressKey: Hashable, Sendable {
    let bits: UInt128

    init(_ address: IPAddress) {
        bits = address.isIPv4 ? UInt128(0xFFFF) << 32 | address.bits : address.bits
    }

    /// nil for texts that are not an address in canonical form: look-ups use only that form.
    init?(canonical text: String) {
        guard let address = IPAddress(text), address.description == text else { return nil }
        self.init(address)
    }
}
