package import FairleadModel

/// One address and port behind a port of a Service, as the EndpointSlices show it.
package struct Endpoint: Hashable, Sendable {
    package let address: IPAddress
    package let port: Int
    package let isReady: Bool
    package let isServing: Bool
    package let isTerminating: Bool
    /// Empty where the slice does not say.
    package let nodeName: String
    package let hintZones: [String]
    package let hintNodes: [String]
    /// The pod of the slice's `targetRef`; nil for endpoints that are none.
    package let pod: ObjectName?
    /// The slice that it was read from.
    package let slice: String

    /// An endpoint that is going but still answers: what is used when none is ready.
    package var isServingTerminating: Bool { isServing && isTerminating }

    /// `10.244.1.5:8080`
    package var text: String { Socket(address, port, .tcp).description }
}

/// An entry of a slice that never becomes an endpoint of a Service's port, and why.
package struct SkippedEndpoint: Hashable, Sendable {
    package enum Reason: String, Hashable, Sendable {
        /// `addressType` is not that of the address the packet goes to.
        case otherFamily = "OtherAddressType"
        case fullyQualifiedName = "AddressTypeFQDN"
        case noAddress = "NoAddress"
        case badAddress = "AddressUnreadable"
        /// The slice has no port of this name and protocol.
        case noSuchPort = "PortNotInSlice"
        /// The slice's port has no number.
        case noPortNumber = "PortWithoutNumber"
        /// Another slice has the same address and port.
        case duplicate = "AlreadyInAnotherSlice"
    }

    package let text: String
    package let slice: String
    package let reason: Reason
}
