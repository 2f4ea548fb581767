import FairleadKinds
import FairleadAPI
import FairleadControllers
import FairleadModel
import FairleadStorage

/// Who holds which cluster IP, node port and load-balancer address, as of one snapshot.
struct AllocationList {
    private struct Range {
        var name: String
        var range: String
        var size: UInt128
        var used = 0
        var note = ""
    }

    private struct Holding {
        var what: String
        var holders: [String]
    }

    private var clusterRanges: [Range] = []
    private var addresses: [Holding] = []
    private var portRange: Range
    private var nodePorts: [Holding] = []
    private var pools: [Range] = []
    private var loadBalancers: [Holding] = []

    init(_ snapshot: Snapshot, _ configuration: ServerConfiguration) {
        let claims = snapshot.objects(GroupVersionResource.ipAddresses.groupResource, namespace: nil, after: nil)
        let held = claims.compactMap { claim in
            IPAddress(claim.key.name).map { (address: $0, holder: Self.holder(claim.value)) }
        }.sorted { $0.address < $1.address }
        addresses = held.map { Holding(what: $0.address.description, holders: [$0.holder]) }
        let cidrs = snapshot.objects(GroupVersionResource.serviceCIDRs.groupResource, namespace: nil, after: nil)
        for object in cidrs {
            let ready = object.value.items("status", "conditions").first { $0.text("type") == "Ready" }
            for cidr in object.value.texts("spec", "cidrs").compactMap({ CIDR($0) }) {
                let reserved: UInt128 = cidr.isIPv4 ? 2 : 1
                clusterRanges.append(
                    Range(
                        name: object.key.name, range: cidr.description,
                        size: cidr.size > reserved ? cidr.size - reserved : 0,
                        used: held.count { cidr.contains($0.address) },
                        note: ready?.text("status") == "True" ? "" : "not ready"))
            }
        }
        let ports = snapshot.objects(AllocationClaims.nodePorts, namespace: nil, after: nil).compactMap { claim in
            Int(claim.key.name).map { (number: $0, holder: Self.holder(claim.value)) }
        }.sorted { $0.number < $1.number }
        nodePorts = ports.map { Holding(what: String($0.number), holders: [$0.holder]) }
        let range = configuration.nodePortRange
        portRange = Range(
            name: "node ports", range: "\(range.lowerBound)-\(range.upperBound)", size: UInt128(range.count),
            used: ports.count { range.contains($0.number) })
        balancers(snapshot, configuration)
    }

    private mutating func balancers(_ snapshot: Snapshot, _ configuration: ServerConfiguration) {
        var holders: [IPAddress: [String]] = [:]
        for service in snapshot.objects(GroupVersionResource.services.groupResource, namespace: nil, after: nil) {
            for address in ServiceView(service).ingress.compactMap({ LoadBalancerIngress.address($0) }) {
                holders[address, default: []].append("\(service.key.namespace)/\(service.key.name)")
            }
        }
        loadBalancers = holders.sorted { $0.key < $1.key }.map { Holding(what: $0.key.description, holders: $0.value) }
        if configuration.isBare { return }
        pools = configuration.loadBalancerPools.map { pool in
            Range(
                name: pool.name, range: pool.list.joined(separator: ","), size: pool.size,
                used: holders.keys.count { pool.contains($0) },
                note: "priority \(pool.priority)" + (pool.autoAssigns ? "" : ", only on request"))
        }
    }

    private static func holder(_ claim: Value) -> String {
        guard let parent = claim.at("spec", "parentRef") else { return "" }
        let name =
            parent.text("namespace").isEmpty
            ? parent.text("name") : "\(parent.text("namespace"))/\(parent.text("name"))"
        return parent.text("resource") == "services" ? name : "\(parent.text("resource")) \(name)"
    }

    // MARK: Output

    var text: String {
        var lines: [String] = []
        func section(_ title: String, _ ranges: [Range], _ holdings: [Holding]) {
            if !lines.isEmpty { lines.append("") }
            lines.append(title)
            for range in ranges {
                let note = range.note.isEmpty ? "" : " (\(range.note))"
                lines.append("  \(range.name)  \(range.range)  \(range.used) of \(range.size) in use\(note)")
            }
            let width = holdings.map(\.what.count).max() ?? 0
            for holding in holdings {
                let gap = String(repeating: " ", count: width - holding.what.count + 2)
                lines.append("    \(holding.what)\(gap)\(holding.holders.joined(separator: ", "))")
            }
        }
        section("Cluster IPs", clusterRanges, addresses)
        section("Node ports", [portRange], nodePorts)
        section("Load-balancer addresses", pools, loadBalancers)
        return lines.joined(separator: "\n") + "\n"
    }

    var json: Value {
        func section(_ ranges: [Range], _ holdings: [Holding]) -> Value {
            let described = ranges.map { range -> Value in
                [
                    "name": .string(range.name), "range": .string(range.range), "size": .string("\(range.size)"),
                    "used": .int(Int64(range.used)), "note": .string(range.note),
                ]
            }
            let held = holdings.map { holding -> Value in
                ["value": .string(holding.what), "services": .array(holding.holders.map { .string($0) })]
            }
            return ["ranges": .array(described), "held": .array(held)]
        }
        return [
            "kind": "AllocationList", "apiVersion": "fairlead.dev/v1", "clusterIPs": section(clusterRanges, addresses),
            "nodePorts": section([portRange], nodePorts), "loadBalancers": section(pools, loadBalancers),
        ]
    }
}
