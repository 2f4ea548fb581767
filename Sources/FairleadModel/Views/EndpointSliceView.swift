/// A discovery.k8s.io/v1 EndpointSlice.
package struct EndpointSliceView: ObjectView {
    package let value: Value
    package init(_ value: Value) { self.value = value }

    package static let serviceNameLabel = "kubernetes.io/service-name"
    package static let managedByLabel = "endpointslice.kubernetes.io/managed-by"

    /// IPv4, IPv6 or FQDN.
    package var addressType: String { value.text("addressType") }
    /// Empty for a slice that belongs to no Service.
    package var serviceName: String { value.text("metadata", "labels", Self.serviceNameLabel) }
    package var managedBy: String { value.text("metadata", "labels", Self.managedByLabel) }
    package var ports: [Port] { value.items("ports").map(Port.init) }
    package var endpoints: [Endpoint] { value.items("endpoints").map(Endpoint.init) }

    package struct Port: Hashable, Sendable {
        package var name: String
        package var protocolName: String
        /// nil means every port.
        package var number: Int64?
        package var appProtocol: String?

        package init(name: String, protocolName: String, number: Int64?, appProtocol: String?) {
            self.name = name
            self.protocolName = protocolName
            self.number = number
            self.appProtocol = appProtocol
        }

        package init(_ value: Value) {
            self.init(
                name: value.text("name"), protocolName: value["protocol"]?.string ?? "TCP",
                number: value["port"]?.int, appProtocol: value["appProtocol"]?.string)
        }

        package var object: Value {
            var object: Object = ["name": .string(name), "protocol": .string(protocolName)]
            if let number { object["port"] = .int(number) }
            if let appProtocol { object["appProtocol"] = .string(appProtocol) }
            return .object(object)
        }
    }

    package struct Endpoint: Hashable, Sendable {
        package let value: Value
        package init(_ value: Value) { self.value = value }

        package var addresses: [String] { value.texts("addresses") }
        /// A condition that is not set counts as ready and serving.
        package var isReady: Bool { value.at("conditions", "ready")?.bool ?? true }
        package var isServing: Bool { value.at("conditions", "serving")?.bool ?? isReady }
        package var isTerminating: Bool { value.flag("conditions", "terminating") }
        package var hostname: String { value.text("hostname") }
        package var nodeName: String { value.text("nodeName") }
        package var zone: String { value.text("zone") }
        package var targetKind: String { value.text("targetRef", "kind") }
        package var targetName: String { value.text("targetRef", "name") }
        package var targetNamespace: String { value.text("targetRef", "namespace") }
        package var targetUID: String { value.text("targetRef", "uid") }
        package var hintZones: [String] { value.items("hints", "forZones").map { $0.text("name") } }
        package var hintNodes: [String] { value.items("hints", "forNodes").map { $0.text("name") } }
    }
}
