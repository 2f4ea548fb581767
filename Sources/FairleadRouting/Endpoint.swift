package import FairleadModel

/// An address and port behind a port of a Service, as in the EndpointSlices.
package struct Endpoint: Hashable, Sendable {
    package let address: IPAddress
    package let port: Int
    package let isReady: Bool
    package let isServing: Bool
    package let isTerminating: Bool
    /// Empty if the slice does not name a node.
    package let nodeName: String
    package let hintZones: [String]
    package let hintNodes: [String]
    /// The pod in the endpoint's `targetRef`; nil if the endpoint is not a pod.
    package let pod: ObjectName?
    /// The slice that lists the endpoint.
    package let slice: String

    /// A terminating endpoint that still serves; it is used if no endpoint is ready.
    package var isServingTerminating: Bool { isServing && isTerminating }

    /// No two endpoints of a port have the same address and port.
    func isSame(as other: Endpoint?) -> Bool { other.map { address == $0.address && port == $0.port } ?? false }

    /// `10.244.1.5:8080`
    package var text: String { Socket(address, port, .tcp).description }
}

/// An entry of a slice that does not become an endpoint of a Service's port, and why.
package struct SkippedEndpoint: Hashable, Sendable {
    package enum Reason: String, Hashable, Sendable {
        /// The `addressType` is not the address family of the Service port.
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
