import FairleadModel

/// An EndpointSlice, parsed once for all ports of its Service.
struct SliceContent: Sendable {
    struct Port: Sendable {
        var name: String
        var transport: String
        var number: Int?
    }

    struct Entry: Sendable {
        /// kube-proxy uses only the first address.
        var text: String
        var address: IPAddress?
        var isReady: Bool
        var isServing: Bool
        var isTerminating: Bool
        var nodeName: String
        var hintZones: [String]
        var hintNodes: [String]
        var hostname: String
        var pod: ObjectName?
    }

    let name: String
    let addressType: String
    let ports: [Port]
    private(set) var entries: [Entry]

    /// nil if the change applies to none of the entries.
    func changed(_ change: Hypothesis.Change, where applies: (Entry) -> Bool) -> SliceContent? {
        guard entries.contains(where: applies) else { return nil }
        var result = self
        result.entries = entries.compactMap { entry in
            guard applies(entry) else { return entry }
            var entry = entry
            switch change {
            case .gone: return nil
            case .ready: (entry.isReady, entry.isServing, entry.isTerminating) = (true, true, false)
            case .notReady, .down: (entry.isReady, entry.isServing) = (false, false)
            case .terminating: (entry.isReady, entry.isServing, entry.isTerminating) = (false, true, true)
            }
            return entry
        }
        return result
    }

    init(_ slice: EndpointSliceView) {
        name = slice.name
        addressType = slice.addressType
        ports = slice.ports.map {
            Port(name: $0.name, transport: $0.protocolName, number: ServicePort.portNumber($0.number))
        }
        entries = slice.endpoints.map { endpoint in
            let text = endpoint.addresses.first ?? ""
            let target = ObjectName(namespace: endpoint.targetNamespace, name: endpoint.targetName)
            return Entry(
                text: text, address: IPAddress(text), isReady: endpoint.isReady,
                // Not the view's default: kube-proxy treats an unset condition as serving.
                isServing: endpoint.value.at("conditions", "serving")?.bool ?? true,
                isTerminating: endpoint.isTerminating, nodeName: endpoint.nodeName, hintZones: endpoint.hintZones,
                hintNodes: endpoint.hintNodes, hostname: endpoint.hostname,
                pod: endpoint.targetKind == "Pod" ? target : nil)
        }
    }
}

extension ServicePort {
    /// Sets the endpoints of this port from the slices of its Service that match its family, name and protocol, without
    /// duplicates.
    ///
    /// Reference: kube-proxy `EndpointSliceCache.endpointInfoByServicePort`, `addEndpoints`.
    mutating func setEndpoints(from slices: [SliceContent]) {
        var found: [(text: String, endpoint: Endpoint)] = []
        var known: Set<Socket> = []
        skipped = []
        for slice in slices {
            guard slice.addressType == (isIPv4 ? "IPv4" : "IPv6") else {
                skip(slice.entries, slice, slice.addressType == "FQDN" ? .fullyQualifiedName : .otherFamily)
                continue
            }
            let matching = slice.ports.filter { $0.name == portName && $0.transport == transport.rawValue }
            guard let number = matching.lazy.compactMap(\.number).first else {
                skip(slice.entries, slice, matching.isEmpty ? .noSuchPort : .noPortNumber)
                continue
            }
            for entry in slice.entries {
                guard let address = entry.address, address.isIPv4 == isIPv4 else {
                    skip([entry], slice, entry.text.isEmpty ? .noAddress : .badAddress)
                    continue
                }
                guard known.insert(Socket(address, number, transport)).inserted else {
                    skip([entry], slice, .duplicate)
                    continue
                }
                let endpoint = Endpoint(
                    address: address, port: number, isReady: entry.isReady, isServing: entry.isServing,
                    isTerminating: entry.isTerminating, nodeName: entry.nodeName, hintZones: entry.hintZones,
                    hintNodes: entry.hintNodes, pod: entry.pod, slice: slice.name)
                found.append((endpoint.text, endpoint))
            }
        }
        endpoints = found.sorted { $0.text < $1.text }.map(\.endpoint)
    }

    private mutating func skip(
        _ entries: [SliceContent.Entry], _ slice: SliceContent, _ reason: SkippedEndpoint.Reason
    ) {
        skipped += entries.map { SkippedEndpoint(text: $0.text, slice: slice.name, reason: reason) }
    }
}
