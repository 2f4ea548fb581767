import FairleadKindRules
import FairleadModel

/// Finds the addresses and ports for one Service that is about to be written.
///
/// Runs before validation, as in Kubernetes, so its errors are reported alone. It writes nothing: the allocation takes
/// effect when the `ServiceClaims` of the result are committed.
struct ServiceAllocation {
    var spec: ServiceSpec
    let old: ServiceSpec?
    let owner: ServiceOwner
    let context: StrategyContext
    private let addresses: ClusterIPAllocator
    private var nodePorts: NodePortAllocator

    init(of service: Value, old: Value?, _ addresses: ClusterIPAllocator, _ context: StrategyContext) {
        spec = ServiceSpec(of: service)
        self.old = old.map { ServiceSpec(of: $0) }
        owner = ServiceOwner(service)
        self.context = context
        self.addresses = addresses
        nodePorts = NodePortAllocator(context)
    }

    /// - Returns: the spec with every address and port that its type needs.
    /// - Throws: 422 in the words of Kubernetes' allocators, 500 for errors that they attribute to no field.
    mutating func run() throws(APIStatus) -> ServiceSpec {
        if let old { ServiceCarryOver.keepAllocated(of: old, in: &spec) }
        ServiceCarryOver.linkClusterIPs(in: &spec, old: old)
        try initialiseFamilies()
        try allocateAddresses()
        if let old {
            if spec.mayHaveNodePorts { try updateNodePorts(old: old) }
        } else if spec.mayHaveNodePorts {
            try createNodePorts()
        }
        try allocateHealthCheckPort()
        if let old { ServiceCarryOver.dropUnneeded(by: &spec, old: old) }
        return spec
    }

    private func invalid(_ errors: [FieldError]) -> APIStatus {
        .invalid(group: "", kind: "Service", name: owner.name, errors: errors)
    }

    private mutating func initialiseFamilies() throws(APIStatus) {
        var families = ServiceFamilies(spec: spec, old: old, configured: addresses.configuredFamilies)
        let errors = families.resolve()
        if !errors.isEmpty { throw invalid(errors) }
        spec = families.spec
    }

    // MARK: Addresses

    private mutating func allocateAddresses() throws(APIStatus) {
        if spec.isExternalName { return }
        guard let old, !old.isExternalName else {
            if spec.clusterIPs.first == ServiceSpec.none { return }
            return try fillAddresses(0..<spec.ipFamilies.count)
        }
        // A Service that has an address can gain only a second family.
        if old.clusterIPs.first == ServiceSpec.none { return }
        if old.ipFamilies.count == 1, spec.ipFamilies.count == 2 { try fillAddresses(1..<2) }
    }

    private mutating func fillAddresses(_ indices: Range<Int>) throws(APIStatus) {
        var list = spec.clusterIPs
        while list.count < spec.ipFamilies.count { list.append("") }
        let path = FieldPath("spec", "clusterIPs")
        let shown = Value.array(list.map(Value.string))
        for index in indices {
            let wanted = list[index]
            do {
                if wanted.isEmpty {
                    list[index] = try addresses.next(spec.ipFamilies[index], for: owner)
                } else {
                    try addresses.take(wanted, for: owner)
                }
            } catch {
                let subject = wanted.isEmpty ? "failed to allocate IP: " : "failed to allocate IP \(wanted): "
                throw invalid([.invalid(path, shown, subject + error.message)])
            }
        }
        spec.clusterIPs = list
        spec.clusterIP = list.first ?? ""
    }

    // MARK: Node ports

    /// Ports with the same number (over TCP and UDP) share a node port.
    private mutating func createNodePorts() throws(APIStatus) {
        let ports = spec.ports
        var byPort: [Int64: Int] = [:]
        var wanted: [Int64: Int] = [:]
        for port in ports where port.number("nodePort") != 0 && wanted[port.number("port")] == nil {
            wanted[port.number("port")] = Int(port.number("nodePort"))
        }
        for (index, port) in ports.enumerated() {
            let own = spec.nodePort(at: index)
            if own == 0, !spec.allocatesNodePorts { continue }
            let number = port.number("port")
            if let shared = byPort[number] {
                if own == 0 {
                    spec.setNodePort(shared, at: index)
                } else if own != shared {
                    try takeNodePort(own, at: index)
                }
                continue
            }
            let chosen: Int
            if let own = wanted[number] {
                chosen = own
                try takeNodePort(chosen, at: index)
            } else {
                chosen = try nextNodePort()
            }
            spec.setNodePort(chosen, at: index)
            byPort[number] = chosen
        }
    }

    private mutating func updateNodePorts(old: ServiceSpec) throws(APIStatus) {
        let held = Set(old.nodePorts)
        var taken: Set<Int> = []
        var pairs: Set<String> = []
        for (index, port) in spec.ports.enumerated() {
            var number = spec.nodePort(at: index)
            if number == 0 {
                guard spec.allocatesNodePorts else { continue }
                number = try nextNodePort()
                spec.setNodePort(number, at: index)
            } else if !held.contains(number), taken.insert(number).inserted {
                try takeNodePort(number, at: index)
            }
            let pair = "{\(port.text("protocol")) \(number)}"
            guard pairs.insert(pair).inserted else {
                throw APIStatus(code: 500, reason: "", message: "duplicate nodePort: \(pair)")
            }
        }
    }

    private mutating func takeNodePort(_ number: Int, at index: Int) throws(APIStatus) {
        do {
            try nodePorts.take(number)
        } catch {
            let path = FieldPath("spec", "ports").index(index).child("nodePort")
            throw invalid([.invalid(path, .int(Int64(number)), error.message)])
        }
    }

    private mutating func nextNodePort() throws(APIStatus) -> Int {
        do {
            return try nodePorts.next()
        } catch {
            throw .internalError("failed to allocate a nodePort: \(error.message)")
        }
    }

    private mutating func allocateHealthCheckPort() throws(APIStatus) {
        // An existing one cannot change; validation reports that.
        guard spec.needsHealthCheck, !(old?.needsHealthCheck ?? false) else { return }
        let wanted = spec.healthCheckNodePort
        do {
            if wanted != 0 {
                try nodePorts.take(wanted)
            } else {
                spec.healthCheckNodePort = try nodePorts.next()
            }
        } catch {
            throw .internalError(
                wanted == 0
                    ? "failed to allocate a HealthCheck NodePort 0: \(error.message)"
                    : "failed to allocate requested HealthCheck NodePort \(wanted): \(error.message)")
        }
    }
}
