/// Kubernetes orders ports by a hash of how Go prints them (FNV-1a, 128 bits). The order is visible to clients, so it
/// is the same here. Reference: recorded scenario endpoints/ports-order.
enum GoObjectHash {
    static func fnv128a(_ text: String) -> UInt128 {
        let prime: UInt128 = 309_485_009_821_345_068_724_781_371
        var hash: UInt128 = 144_066_263_297_769_815_596_495_629_667_062_367_629
        for byte in text.utf8 { hash = (hash ^ UInt128(byte)) &* prime }
        return hash
    }

    /// The hash of a core/v1 EndpointPort.
    static func endpointPort(name: String, port: Int64, protocolName: String, appProtocol: String?) -> UInt128 {
        fnv128a(
            "(v1.EndpointPort){Name:(string)\(name) Port:(int32)\(port) Protocol:(v1.Protocol)\(protocolName)"
                + " AppProtocol:(*string)\(appProtocol ?? "<nil>")}")
    }

    /// The hash of a discovery/v1 EndpointPort.
    static func slicePort(name: String, port: Int64?, protocolName: String, appProtocol: String?) -> UInt128 {
        fnv128a(
            "(v1.EndpointPort){Name:(*string)\(name) Protocol:(*v1.Protocol)\(protocolName)"
                + " Port:(*int32)\(port.map(String.init) ?? "<nil>") AppProtocol:(*string)\(appProtocol ?? "<nil>")}")
    }
}
