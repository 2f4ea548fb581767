/// What a cluster should look like, kept by hand from the operations that were done, without any of the code under
/// test. It knows the rules of allocation and of endpoints, not how they are carried out.
struct ServiceModel {
    struct Port: Hashable {
        var name: String
        var number: Int
        /// A container port by name, or a number.
        var targetName: String?
        var target: Int
    }

    struct Service {
        var uid: String
        var type: String
        var isHeadless = false
        /// nil: others provide the endpoints.
        var app: String?
        var ports: [Port]
        var families: [String]
        var addresses: [String] = []
        var nodePorts: [Int] = []
        var publishesNotReady = false
        var distribution: String?
        /// Slices stay as they are while it is an alias.
        var isAlias: Bool { type == "ExternalName" }
    }

    struct Pod {
        var app: String
        var node: String
        var addresses: [String] = []
        var isReady = false
        var isTerminating = false
        var isFinished = false
        /// What its container port `web` is; nil where it has none.
        var webPort: Int?
    }

    struct Mirror {
        var ready: [String]
        var notReady: [String]
        var port: Int
    }

    /// One endpoint as a slice must show it.
    struct Endpoint: Hashable, CustomStringConvertible {
        var address: String
        var ports: Set<String>
        var conditions: String
        var place: String
        var hints: String

        var description: String { "\(address) \(ports.sorted()) \(conditions) \(place) \(hints)" }
    }

    let addressCapacity: Int
    let nodePortRange: ClosedRange<Int>
    var services: [String: Service] = [:]
    var pods: [String: Pod] = [:]
    /// Zones by name of the node.
    var nodes: [String: String] = [:]
    var mirrors: [String: Mirror] = [:]

    // MARK: Allocation

    var heldAddresses: Set<String> { Set(services.values.flatMap(\.addresses)).union(["10.96.0.1"]) }
    var heldNodePorts: Set<Int> { Set(services.values.flatMap(\.nodePorts)) }

    /// Whether one more IPv4 address is to be had; a given one if `wanted` is set.
    func canAllocate(_ wanted: String?) -> Bool {
        if let wanted { return !heldAddresses.contains(wanted) }
        return heldAddresses.filter { !$0.contains(":") }.count < addressCapacity
    }

    func canAllocate(nodePorts count: Int, wanted: Int?) -> Bool {
        if let wanted, heldNodePorts.contains(wanted) { return false }
        return heldNodePorts.count + count <= nodePortRange.count
    }

    // MARK: Endpoints

    func ports(of service: Service, in pod: Pod) -> Set<String> {
        Set(
            service.ports.compactMap { port in
                guard port.targetName != nil else { return "\(port.name)=\(port.target)" }
                return pod.webPort.map { "\(port.name)=\($0)" }
            })
    }

    private func selected(_ service: Service) -> [Pod] {
        pods.values.filter { $0.app == service.app && !$0.isFinished && !$0.addresses.isEmpty }
    }

    /// The endpoints of a family that slices must show for a Service with a selector.
    func endpoints(of service: Service, family: String) -> Set<Endpoint> {
        var result: Set<Endpoint> = []
        for pod in selected(service) {
            guard let address = pod.addresses.first(where: { $0.contains(":") == (family == "IPv6") }) else { continue }
            let zone = nodes[pod.node]
            if zone == nil, !service.publishesNotReady { continue }
            let isReady = service.publishesNotReady || (pod.isReady && !pod.isTerminating)
            var hints = ""
            if isReady, let distribution = service.distribution {
                hints = "zones[\(zone ?? "")]"
                if zone ?? "" == "" { hints = "" }
                if distribution == "PreferSameNode" { hints += "nodes[\(pod.node)]" }
            }
            result.insert(
                Endpoint(
                    address: address, ports: ports(of: service, in: pod),
                    conditions: "ready \(isReady) serving \(pod.isReady) terminating \(pod.isTerminating)",
                    place: "\(pod.node)/\(zone ?? "")", hints: hints))
        }
        return result
    }

    /// Address, port and readiness of every entry of the Endpoints object.
    func subsets(of service: Service) -> Set<String> {
        let isIPv6 = service.families.first == "IPv6"
        var result: Set<String> = []
        for pod in selected(service) where !pod.isTerminating || service.publishesNotReady {
            guard let address = pod.addresses.first(where: { $0.contains(":") == isIPv6 }) else { continue }
            let isReady = pod.isReady || service.publishesNotReady
            for port in ports(of: service, in: pod) { result.insert("\(address) \(port) \(isReady)") }
        }
        return result
    }

    func mirrored(_ mirror: Mirror) -> Set<Endpoint> {
        Set(
            (mirror.ready.map { ($0, true) } + mirror.notReady.map { ($0, false) }).map { address, isReady in
                Endpoint(
                    address: address, ports: ["=\(mirror.port)"], conditions: "ready \(isReady)", place: "/", hints: "")
            })
    }
}
