import FairleadModel

@testable import FairleadServer

/// What a cluster shows, in the words of `ServiceModel`, and where it differs.
struct ServiceObservation {
    let fixture: ControlPlaneFixture
    let model: ServiceModel

    /// Everything in which cluster and model disagree; empty when they agree.
    func differences() -> [String] { allocations() + model.services.flatMap { slices($0.key, $0.value) } + strays() }

    private func allocations() -> [String] {
        var found: [String] = []
        let addresses = Set(fixture.objects(.ipAddresses).map(\.name))
        if addresses != model.heldAddresses {
            found.append("addresses held: \(addresses.symmetricDifference(model.heldAddresses).sorted())")
        }
        let claims = GroupVersionResource(group: "fairlead.internal", version: "v1", resource: "nodeports")
        let ports = Set(fixture.objects(claims).compactMap { Int($0.name) })
        if ports != model.heldNodePorts {
            found.append("node ports held: \(ports.symmetricDifference(model.heldNodePorts).sorted())")
        }
        for claim in fixture.objects(.ipAddresses) where claim.name != "10.96.0.1" {
            let owner = claim.text("spec", "parentRef", "name")
            if model.services[owner]?.addresses.contains(claim.name) != true {
                found.append("address \(claim.name) says to be of \(owner)")
            }
        }
        return found
    }

    private func slices(_ name: String, _ service: ServiceModel.Service) -> [String] {
        if service.isAlias { return [] }
        let own = fixture.objects(.endpointSlices, namespace: "default").map { EndpointSliceView($0) }.filter {
            $0.serviceName == name && !$0.managedBy.isEmpty && $0.managedBy != "hand"
        }
        guard service.app != nil else { return mirrored(name, own) }
        var found: [String] = []
        if own.contains(where: { $0.value.ownerReferences.first?.uid != service.uid }) {
            found.append("\(name): a slice of another owner")
        }
        for family in ["IPv4", "IPv6"] {
            let slices = own.filter { $0.addressType == family }
            guard service.families.contains(family) else {
                if !slices.isEmpty { found.append("\(name): slices of family \(family)") }
                continue
            }
            found += compare("\(name) \(family)", slices, with: model.endpoints(of: service, family: family))
            if slices.isEmpty { found.append("\(name) \(family): no slice") }
        }
        return found + subsets(name, service)
    }

    private func compare(
        _ title: String, _ slices: [EndpointSliceView], with wanted: Set<ServiceModel.Endpoint>, limit: Int = 100
    ) -> [String] {
        let shown = slices.flatMap { slice in slice.endpoints.map { endpoint(endpoint: $0, of: slice) } }
        var found: [String] = []
        if Set(shown).count != shown.count { found.append("\(title): an endpoint twice") }
        if slices.contains(where: { $0.endpoints.count > limit }) {
            found.append("\(title): more than \(limit) in a slice")
        }
        if wanted.isEmpty, slices.count > 1 { found.append("\(title): \(slices.count) empty slices") }
        let differing = Set(shown).symmetricDifference(wanted)
        if !differing.isEmpty {
            found.append("\(title): shown \(Set(shown).subtracting(wanted)), missing \(wanted.subtracting(shown))")
        }
        return found
    }

    private func endpoint(
        endpoint: EndpointSliceView.Endpoint, of slice: EndpointSliceView
    ) -> ServiceModel.Endpoint {
        let conditions = endpoint.value["conditions"]
        let words = ["ready", "serving", "terminating"].compactMap { word in
            conditions?[word]?.bool.map { "\(word) \($0)" }
        }
        var hints = endpoint.hintZones.isEmpty ? "" : "zones[\(endpoint.hintZones.joined(separator: ","))]"
        if !endpoint.hintNodes.isEmpty { hints += "nodes[\(endpoint.hintNodes.joined(separator: ","))]" }
        return ServiceModel.Endpoint(
            address: endpoint.addresses.joined(separator: "+"),
            ports: Set(slice.ports.map { "\($0.name)=\($0.number ?? -1)" }), conditions: words.joined(separator: " "),
            place: "\(endpoint.nodeName)/\(endpoint.zone)", hints: hints)
    }

    private func mirrored(_ name: String, _ slices: [EndpointSliceView]) -> [String] {
        let wanted = model.mirrors[name].map(model.mirrored) ?? []
        if wanted.isEmpty { return slices.isEmpty ? [] : ["\(name): mirrored slices of nothing"] }
        let found = compare("\(name) mirrored", slices, with: wanted, limit: 1000)
        return slices.count == 1 ? found : found + ["\(name): \(slices.count) mirrored slices"]
    }

    private func subsets(_ name: String, _ service: ServiceModel.Service) -> [String] {
        guard let endpoints = fixture.object(.endpoints, name, namespace: "default") else {
            return ["\(name): no Endpoints"]
        }
        var shown: Set<String> = []
        for subset in endpoints.items("subsets") {
            for (field, isReady) in [("addresses", true), ("notReadyAddresses", false)] {
                for address in subset.items(field) {
                    for port in subset.items("ports") {
                        let number = port["port"]?.int ?? -1
                        shown.insert("\(address.text("ip")) \(port.text("name"))=\(number) \(isReady)")
                    }
                }
            }
        }
        let wanted = model.subsets(of: service)
        return shown == wanted ? [] : ["\(name) Endpoints: \(shown.symmetricDifference(wanted).sorted())"]
    }

    /// What belongs to no Service any more, and what is nobody's and must have been left alone.
    private func strays() -> [String] {
        fixture.objects(.endpointSlices, namespace: "default").map { EndpointSliceView($0) }.compactMap { slice in
            if slice.managedBy == "hand" || slice.serviceName == "kubernetes" { return nil }
            return model.services[slice.serviceName] == nil ? "stray slice \(slice.name) of \(slice.serviceName)" : nil
        }
    }
}
