import FairleadModel

/// The `subsets` of an Endpoints object. Pure.
///
/// Each port has a set of addresses; ports with the same set share a subset. Addresses are sorted as text, ports by
/// Kubernetes' hash. Reference: Kubernetes API reference, "EndpointSubset"; as recorded in endpoints/ports-order.
struct EndpointSubsets {
    static let maximumAddresses = 1000

    private struct Port: Hashable {
        var name: String
        var number: Int64
        var protocolName: String
        var appProtocol: String?

        var object: Value {
            var object: Object = ["port": .int(number), "protocol": .string(protocolName)]
            if !name.isEmpty { object["name"] = .string(name) }
            if let appProtocol { object["appProtocol"] = .string(appProtocol) }
            return .object(object)
        }

        var hash: UInt128 {
            GoObjectHash.endpointPort(name: name, port: number, protocolName: protocolName, appProtocol: appProtocol)
        }
    }

    private struct Address: Hashable {
        var ip: String
        var uid: String
        var isReady: Bool
    }

    private struct Subset {
        var ready: [Value]
        var notReady: [Value]
        var ports: [Port]

        var value: Value {
            var object = Object()
            if !ready.isEmpty { object["addresses"] = .array(ready) }
            if !notReady.isEmpty { object["notReadyAddresses"] = .array(notReady) }
            if !ports.isEmpty { object["ports"] = .array(ports.map(\.object)) }
            return .object(object)
        }
    }

    /// The addresses of pods, by the ports that the Service has on them; usually all pods have the same ports.
    private var byPorts: [[Port?]: Set<Address>] = [:]
    private var values: [Address: Value] = [:]

    /// - Parameter pods: selected by the Service.
    init(service: ServiceView, pods: [PodView]) {
        let publishesNotReady = service.publishNotReadyAddresses
        let isIPv6 = service.ipFamilies.first.map { $0 == "IPv6" } ?? service.clusterIP.contains(":")
        let servicePorts = service.ports
        // The Service's ports on a pod depend only on the pod's ports.
        var resolved: [[PodView.ContainerPort]: [Port?]] = [:]
        for pod in pods where EndpointBuilder.isEndpoint(pod) {
            // Terminating pods are left out at once, unless the Service publishes not-ready addresses.
            if pod.isTerminating, !publishesNotReady { continue }
            guard let text = pod.podIPs.first(where: { $0.contains(":") == isIPv6 }) else { continue }
            let ip = IPAddress.canonical(text)
            let address = Address(ip: ip, uid: pod.uid, isReady: publishesNotReady || pod.isReady)
            values[address] = Self.address(ip, pod, service)
            let containerPorts = pod.containerPorts
            let ports = resolved[containerPorts] ?? Self.ports(of: service, servicePorts, on: pod)
            resolved[containerPorts] = ports
            if !ports.isEmpty { byPorts[ports, default: []].insert(address) }
        }
    }

    private static func ports(of service: ServiceView, _ ports: [ServiceView.Port], on pod: PodView) -> [Port?] {
        if ports.isEmpty { return service.isHeadless ? [nil] : [] }
        let found: [Port] = zip(ports, pod.resolve(ports)).compactMap { port, number in
            guard let number else { return nil }
            return Port(
                name: port.name, number: number, protocolName: port.protocolName, appProtocol: port.appProtocol)
        }
        return found
    }

    /// Ports with the same pods, and the addresses of those pods: the number of sets to merge depends on how many ways
    /// pods differ, not on the number of ports.
    private func portsByPlaces() -> [(places: [Set<Address>], ports: [Port])] {
        let sets = Array(byPorts)
        var places: [Port?: [Int]] = [:]
        for (index, set) in sets.enumerated() {
            for port in Set(set.key) { places[port, default: []].append(index) }
        }
        var classes: [[Int]: [Port]] = [:]
        for (port, place) in places { classes[place, default: []] += port.map { [$0] } ?? [] }
        return classes.map { place, ports in (place.map { sets[$0].value }, ports) }
    }

    private static func address(_ ip: String, _ pod: PodView, _ service: ServiceView) -> Value {
        var address: Object = [
            "ip": .string(ip), "nodeName": .string(pod.nodeName),
            "targetRef": [
                "kind": "Pod", "namespace": .string(pod.namespace), "name": .string(pod.name), "uid": .string(pod.uid),
            ],
        ]
        let hostname = pod.hostname
        if !hostname.isEmpty, pod.subdomain == service.name { address["hostname"] = .string(hostname) }
        return .object(address)
    }

    /// The subsets, cut to a thousand addresses (ready ones first), and whether any were cut.
    func subsets() -> (subsets: [Value], isTruncated: Bool) {
        var portsOfSet: [Set<Address>: [Port]] = [:]
        for (places, ports) in portsByPlaces() {
            let addresses = places.reduce(into: Set<Address>()) { $0.formUnion($1) }
            portsOfSet[addresses, default: []] += ports
        }
        var subsets: [Subset] = portsOfSet.map { addresses, ports in
            let sorted = addresses.sorted { ($0.ip, $0.uid) < ($1.ip, $1.uid) }
            return Subset(
                ready: sorted.filter(\.isReady).compactMap { values[$0] },
                notReady: sorted.filter { !$0.isReady }.compactMap { values[$0] },
                ports: ports.sorted { $0.hash < $1.hash })
        }
        subsets.sort { ($0.ports.first?.hash ?? 0) < ($1.ports.first?.hash ?? 0) }
        let isTruncated = Self.truncate(&subsets)
        return (subsets.map(\.value), isTruncated)
    }

    /// Every subset keeps a share proportional to its size.
    private static func truncate(_ subsets: inout [Subset]) -> Bool {
        let ready = subsets.reduce(0) { $0 + $1.ready.count }
        let notReady = subsets.reduce(0) { $0 + $1.notReady.count }
        guard ready + notReady > maximumAddresses else { return false }
        let cutsReady = ready > maximumAddresses
        let room = cutsReady ? maximumAddresses : maximumAddresses - ready
        let total = cutsReady ? ready : notReady
        var left = room
        for index in subsets.indices {
            let size = cutsReady ? subsets[index].ready.count : subsets[index].notReady.count
            let share = min((size * room + total - 1) / total, left)
            left -= share
            if cutsReady {
                subsets[index].ready = Array(subsets[index].ready.prefix(share))
                subsets[index].notReady = []
            } else {
                subsets[index].notReady = Array(subsets[index].notReady.prefix(share))
            }
        }
        return true
    }
}
