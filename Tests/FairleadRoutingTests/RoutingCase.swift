import FairleadModel
import Foundation

@testable import FairleadRouting

/// A cluster and the packets that are sent in it, as a file of `Cases/` describes them. `Cases/README.md` has the form.
struct RoutingCase: Sendable {
    struct Line: Sendable {
        var number: Int
        var packet: Packet
        var expectation: [String]
        var text: String
    }

    var name: String
    var table: RoutingTable
    var lines: [Line]

    struct Fault: Error { var text: String }

    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Cases")

    static func all() throws -> [RoutingCase] {
        try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "txt" }.sorted { $0.lastPathComponent < $1.lastPathComponent }
            .map { try RoutingCase(name: $0.lastPathComponent, text: String(contentsOf: $0, encoding: .utf8)) }
    }

    init(name: String, text: String) throws {
        self.name = name
        var cluster = ClusterText()
        var packets: [(Int, String)] = []
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let line = line.prefix { $0 != "#" }.trimmingCharacters(in: .whitespaces)
            if line.isEmpty { continue }
            if line.contains(" > ") { packets.append((number + 1, line)) } else { try cluster.read(line) }
        }
        table = cluster.table
        lines = try packets.map { number, line in
            let sides = line.components(separatedBy: " : ")
            guard sides.count == 2 else { throw Fault(text: "\(name):\(number): one ' : ' is wanted") }
            return Line(
                number: number, packet: try Self.packet(sides[0]),
                expectation: sides[1].split(separator: " ").map(String.init), text: "\(name):\(number): \(line)")
        }
    }

    static func packet(_ text: String) throws -> Packet {
        let sides = text.components(separatedBy: " > ")
        guard sides.count == 2 else { throw Fault(text: "\(text): one ' > ' is wanted") }
        return try Packet(from: sides[0], to: sides[1])
    }
}

/// Reads the lines that describe a cluster, and makes the objects that an API server would show for it.
struct ClusterText {
    private var settings = RoutingSettings(
        clusterCIDRs: [CIDR("10.244.0.0/16")!, CIDR("fd00:244::/56")!],
        serviceCIDRs: [CIDR("10.96.0.0/16")!, CIDR("fd00:96::/108")!])
    private var services: [Value] = []
    private var slices: [Value] = []
    private var nodes: [Value] = []
    private var pods: [Value] = []

    var table: RoutingTable {
        RoutingTable(settings, services: services, slices: slices, nodes: nodes, pods: pods)
    }

    mutating func read(_ line: String) throws {
        let words = line.split(separator: " ").map(String.init)
        var options: [(String, String)] = []
        var plain: [String] = []
        for word in words.dropFirst() {
            if let equals = word.firstIndex(of: "=") {
                options.append((String(word[..<equals]), String(word[word.index(after: equals)...])))
            } else {
                plain.append(word)
            }
        }
        let fields = Fields(plain: plain, options: options)
        switch words[0] {
        case "setting": set(fields)
        case "node": nodes.append(node(fields))
        case "pod": pods.append(pod(fields))
        case "service": services.append(service(fields))
        case "slice": slices.append(slice(fields))
        case "endpoint": slices[slices.count - 1].append(endpoint(fields), at: "endpoints")
        default: throw RoutingCase.Fault(text: "\(line): what is a \(words[0])?")
        }
    }

    private struct Fields {
        var plain: [String]
        var options: [(String, String)]

        func has(_ word: String) -> Bool { plain.contains(word) }
        subscript(_ name: String) -> String? { options.first { $0.0 == name }?.1 }
        func all(_ name: String) -> [String] { options.filter { $0.0 == name }.map(\.1) }
        func list(_ name: String) -> [String] { self[name]?.split(separator: ",").map(String.init) ?? [] }
        func values(_ name: String) -> Value { .array(list(name).map { .string($0) }) }
    }

    private mutating func set(_ fields: Fields) {
        if fields.has("masquerade-all") { settings.masqueradesAll = true }
        settings.nodePortAddresses += fields.list("nodeport-addresses").compactMap { CIDR($0) }
    }

    private func metadata(_ text: String, labels: Object = [:]) -> Value {
        let words = text.split(separator: "/").map(String.init)
        return ["namespace": .string(words[0]), "name": .string(words[1]), "labels": .object(labels)]
    }

    private func node(_ fields: Fields) -> Value {
        var labels: Object = [:]
        if let zone = fields["zone"] { labels["topology.kubernetes.io/zone"] = .string(zone) }
        if fields.has("excluded") { labels["node.kubernetes.io/exclude-from-external-load-balancers"] = "" }
        let addresses = fields.plain[1].split(separator: ",").map { text -> Value in
            ["type": "InternalIP", "address": .string(String(text))]
        }
        let isReady = !fields.has("notready")
        return [
            "metadata": ["name": .string(fields.plain[0]), "labels": .object(labels)],
            "status": [
                "addresses": .array(addresses),
                "conditions": [["type": "Ready", "status": .string(isReady ? "True" : "Unknown")]],
            ],
        ]
    }

    private func pod(_ fields: Fields) -> Value {
        let ports = fields.list("ports").map { text -> Value in
            let words = text.split(separator: "/").map(String.init)
            return [
                "containerPort": .int(Int64(words[0])!), "protocol": .string(words.count > 1 ? words[1] : "TCP"),
            ]
        }
        let addresses = fields.plain[1] == "-" ? [] : fields.plain[1].split(separator: ",").map(String.init)
        return [
            "metadata": metadata(fields.plain[0]),
            "spec": [
                "nodeName": .string(fields.plain.count > 2 ? fields.plain[2] : ""),
                "hostNetwork": .bool(fields.has("host")), "containers": [["name": "c", "ports": .array(ports)]],
            ],
            "status": [
                "phase": .string(fields["phase"] ?? "Running"), "podIP": .string(addresses.first ?? ""),
                "podIPs": .array(addresses.map { ["ip": .string($0)] }),
            ],
        ]
    }

    /// `[name:]number[/PROTOCOL][@nodePort]`
    private func port(_ text: String) -> (name: String, number: Int64?, transport: String, nodePort: Int64) {
        let outer = text.split(separator: "@").map(String.init)
        let words = outer[0].split(separator: "/").map(String.init)
        let name = words[0].split(separator: ":").map(String.init)
        return (
            name.count > 1 ? name[0] : "", Int64(name[name.count - 1]), words.count > 1 ? words[1] : "TCP",
            outer.count > 1 ? Int64(outer[1])! : 0
        )
    }

    private func service(_ fields: Fields) -> Value {
        let address = fields.plain[1]
        var spec: Object = [:]
        spec["ports"] = .array(
            fields.all("port").map { text in
                let port = port(text)
                return [
                    "name": .string(port.name), "port": .int(port.number!), "protocol": .string(port.transport),
                    "nodePort": .int(port.nodePort),
                ]
            })
        let vips = fields.list("vip")
        let proxies = fields.list("proxy")
        var type = fields.all("port").contains { $0.contains("@") } ? "NodePort" : "ClusterIP"
        if !vips.isEmpty || !proxies.isEmpty { type = "LoadBalancer" }
        if address.hasPrefix("external:") {
            type = "ExternalName"
            spec["externalName"] = .string(String(address.dropFirst("external:".count)))
        } else {
            let addresses = address.split(separator: ",").map { Value.string(String($0)) }
            spec["clusterIP"] = addresses[0]
            spec["clusterIPs"] = .array(addresses)
        }
        spec["type"] = .string(fields["type"] ?? type)
        spec["internalTrafficPolicy"] = .string(fields["itp"] ?? "Cluster")
        spec["externalTrafficPolicy"] = .string(fields["etp"] ?? "Cluster")
        spec["externalIPs"] = fields.values("external")
        spec["loadBalancerSourceRanges"] = fields.values("ranges")
        if let seconds = fields["affinity"] {
            spec["sessionAffinity"] = "ClientIP"
            spec["sessionAffinityConfig"] = ["clientIP": ["timeoutSeconds": .int(Int64(seconds)!)]]
        }
        if let port = fields["hc"] { spec["healthCheckNodePort"] = .int(Int64(port)!) }
        let ingress =
            vips.map { ["ip": .string($0)] as Value } + proxies.map { ["ip": .string($0), "ipMode": "Proxy"] as Value }
        var labels: Object = [:]
        if fields.has("foreign-proxy") { labels["service.kubernetes.io/service-proxy-name"] = "other" }
        return [
            "metadata": metadata(fields.plain[0], labels: labels), "spec": .object(spec),
            "status": ["loadBalancer": ["ingress": .array(ingress)]],
        ]
    }

    private func slice(_ fields: Fields) -> Value {
        let service = fields.plain[0].split(separator: "/").map(String.init)
        let ports = fields.list("ports").map { text -> Value in
            let port = port(text)
            var object: Object = ["name": .string(port.name), "protocol": .string(port.transport)]
            if let number = port.number { object["port"] = .int(number) }
            return .object(object)
        }
        return [
            "metadata": metadata(
                "\(service[0])/\(fields.plain[1])", labels: ["kubernetes.io/service-name": .string(service[1])]),
            "addressType": .string(fields["family"] ?? "IPv4"), "ports": .array(ports), "endpoints": [],
        ]
    }

    private func endpoint(_ fields: Fields) -> Value {
        var conditions: Object = [:]
        if fields.has("notready") { conditions = ["ready": false, "serving": false, "terminating": false] }
        if fields.has("ready") { conditions = ["ready": true, "serving": true, "terminating": false] }
        if fields.has("terminating") { conditions = ["ready": false, "serving": false, "terminating": true] }
        if fields.has("serving-terminating") { conditions = ["ready": false, "serving": true, "terminating": true] }
        var object: Object = [
            "addresses": fields.plain[0] == "-" ? [] : [.string(fields.plain[0])], "conditions": .object(conditions),
        ]
        if let node = fields["node"] { object["nodeName"] = .string(node) }
        if let name = fields["hostname"] { object["hostname"] = .string(name) }
        if let pod = fields["pod"] {
            let words = pod.split(separator: "/").map(String.init)
            object["targetRef"] = ["kind": "Pod", "namespace": .string(words[0]), "name": .string(words[1])]
        }
        var hints: Object = [:]
        if let zones = fields["zones"] {
            hints["forZones"] = .array(zones.split(separator: ",").map { ["name": .string(String($0))] })
        }
        if let nodes = fields["nodes"] {
            hints["forNodes"] = .array(nodes.split(separator: ",").map { ["name": .string(String($0))] })
        }
        if !hints.isEmpty { object["hints"] = .object(hints) }
        return .object(object)
    }
}

extension Value {
    fileprivate mutating func append(_ element: Value, at field: String) {
        self[field] = .array((self[field]?.array ?? []) + [element])
    }
}
