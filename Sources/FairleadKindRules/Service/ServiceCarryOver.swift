package import FairleadModel

/// What an update keeps from the old Service, and what it drops.
///
/// The server chose the addresses and ports: a client that leaves them out means "as before", and one that changes the
/// type does not have to clean them up.
package enum ServiceCarryOver {
    /// Restores allocated values that the client left out. Node ports are matched by the *name* of their port, unless
    /// the number is already used by another port.
    package static func keepAllocated(of old: ServiceSpec, in new: inout ServiceSpec) {
        if !old.isExternalName, !new.isExternalName {
            if new.clusterIP.isEmpty { new.clusterIP = old.clusterIP }
            if new.clusterIPs.isEmpty, new.clusterIP == old.clusterIP { new.clusterIPs = old.clusterIPs }
        }
        if old.allocatesNodePorts, new.allocatesNodePorts { keepNodePorts(of: old, in: &new) }
        if old.needsHealthCheck, new.needsHealthCheck, new.healthCheckNodePort == 0 {
            new.healthCheckNodePort = old.healthCheckNodePort
        }
    }

    private static func keepNodePorts(of old: ServiceSpec, in new: inout ServiceSpec) {
        var used = Set(old.nodePorts).intersection(new.nodePorts)
        var byName: [String: Int] = [:]
        for (index, port) in old.ports.enumerated() { byName[port.text("name")] = old.nodePort(at: index) }
        for (index, port) in new.ports.enumerated() where new.nodePort(at: index) == 0 {
            guard let number = byName[port.text("name")], number != 0, used.insert(number).inserted else { continue }
            new.setNodePort(number, at: index)
        }
    }

    /// `clusterIP` is the old form of `clusterIPs[0]`: a client that sets only one of them means both.
    package static func linkClusterIPs(in new: inout ServiceSpec, old: ServiceSpec?) {
        guard let old else {
            if !new.clusterIP.isEmpty, new.clusterIPs.isEmpty { new.clusterIPs = [new.clusterIP] }
            return
        }
        if new.clusterIPs.isEmpty, !old.clusterIPs.isEmpty, new.clusterIP == old.clusterIP {
            new.clusterIPs = old.clusterIPs
        }
        if new.clusterIP != old.clusterIP {
            if new.clusterIP.isEmpty {
                if new.clusterIPs == old.clusterIPs { new.clusterIPs = [] }
            } else if new.clusterIPs.isEmpty || new.clusterIPs == old.clusterIPs {
                new.clusterIPs = [new.clusterIP]
            }
        }
    }

    /// Drops fields that do not apply to the new type. Those that the client changed are kept, so that validation
    /// rejects them.
    package static func dropUnneeded(by new: inout ServiceSpec, old: ServiceSpec) {
        if new.isExternalName, !old.isExternalName {
            if new.clusterIP == old.clusterIP, new.clusterIPs == old.clusterIPs {
                new.clusterIP = ""
                new.clusterIPs = []
            }
            if new.ipFamilies == old.ipFamilies { new.ipFamilies = [] }
            if new.ipFamilyPolicy == old.ipFamilyPolicy { new.ipFamilyPolicy = nil }
            forget("internalTrafficPolicy", in: &new, old: old)
        }
        if old.mayHaveNodePorts, !new.mayHaveNodePorts, Set(old.nodePorts).isSuperset(of: new.nodePorts) {
            new.clearNodePorts()
        }
        if old.needsHealthCheck, !new.needsHealthCheck { forget("healthCheckNodePort", in: &new, old: old) }
        if old.isLoadBalancer, !new.isLoadBalancer {
            forget("allocateLoadBalancerNodePorts", in: &new, old: old)
            forget("loadBalancerClass", in: &new, old: old)
        }
        if old.isExternallyAccessible, !new.isExternallyAccessible {
            forget("externalTrafficPolicy", in: &new, old: old)
        }
    }

    /// ExternalName Services have no internal traffic policy. A valid one is dropped rather than rejected.
    package static func dropInternalPolicy(of service: inout Value) {
        guard service.at("spec", "type")?.string == "ExternalName",
            ["Cluster", "Local"].contains(service.at("spec", "internalTrafficPolicy")?.string)
        else { return }
        service.set(nil, at: "spec", "internalTrafficPolicy")
    }

    private static func forget(_ field: String, in new: inout ServiceSpec, old: ServiceSpec) {
        if new.value[field] == old.value[field] { new.value[field] = nil }
    }
}
