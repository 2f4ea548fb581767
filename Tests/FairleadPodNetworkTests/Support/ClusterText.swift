import FairleadModel
import FairleadRouting

/// A cluster in lines, most of them as in the cases of FairleadRouting:
///
///     node NAME ADDRESS[,ADDRESS] [zone=Z]
///     pod NAME ADDRESS NODE [host] [ports=8080,53/UDP] [listens=8080,53/UDP] [publishes=80:8080,127.0.0.1@80:8080]
///     service NAME ADDRESS port=80[@NODEPORT] … [itp=Local] [etp=Local] [external=A] [vip=A] [affinity=N] [hc=N]
///     slice SERVICE ports=[NAME:]8080[/UDP]
///     endpoint ADDRESS node=N [pod=NAME] [ready|notready|serving-terminating]
///
/// Names are `NAMESPACE/NAME`, or plain ones in `default`.
struct ClusterText {
    struct PodLine {
        var name: String
        var addresses: [IPAddress]
        var node: String
        var isHost: Bool
        var listens: [(port: UInt16, transport: Transport)]
        var object: Value
    }

    var nodes: [Value] = []
    var pods: [PodLine] = []
    var services: [Value] = []
    var slices: [Value] = []

    init(_ text: String) {
        for line in text.split(separator: "\n") where !line.allSatisfy({ $0 == " " }) { read(line) }
    }

    static let settings = RoutingSettings(
        clusterCIDRs: [CIDR("10.244.0.0/16")!, CIDR("fd00:244::/56")!],
        serviceCIDRs: [CIDR("10.96.0.0/16")!, CIDR("fd00:96::/108")!])

    var table: RoutingTable {
        RoutingTable(Self.settings, services: services, slices: slices, nodes: nodes, pods: pods.map(\.object))
    }

    private struct Fields {
        var plain: [String] = []
        var options: [(String, String)] = []

        init(_ words: some Sequence<Substring>) {
            for word in words {
                let sides = word.split(separator: "=", maxSplits: 1).map(String.init)
                if sides.count == 2 { options.append((sides[0], sides[1])) } else { plain.append(sides[0]) }
            }
        }

        subscript(_ name: String) -> String? { options.first { $0.0 == name }?.1 }
        func all(_ name: String) -> [String] { options.filter { $0.0 == name }.map(\.1) }
        func list(_ name: String) -> [String] { self[name]?.split(separator: ",").map(String.init) ?? [] }
        func has(_ word: String) -> Bool { plain.contains(word) }
    }

    private mutating func read(_ line: Substring) {
        let words = line.split(separator: " ")
        let fields = Fields(words.dropFirst())
        switch words[0] {
        case "node": nodes.append(Self.node(fields))
        case "pod": pods.append(Self.pod(fields))
        case "service": services.append(Self.service(fields))
        case "slice": slices.append(Self.slice(fields, slices.count))
        case "endpoint":
            let last = slices.count - 1
            slices[last]["endpoints"] = .array(slices[last].items("endpoints") + [Self.endpoint(fields)])
        default: preconditionFailure("what is a \(words[0])?")
        }
    }

    private static func metadata(_ text: String, labels: Object = [:]) -> Value {
        let words = text.split(separator: "/").map(String.init)
        let (namespace, name) = words.count > 1 ? (words[0], words[1]) : ("default", words[0])
        return ["namespace": .string(namespace), "name": .string(name), "labels": .object(labels)]
    }

    private static func texts(_ texts: some Sequence<String>) -> Value { .array(texts.map { .string($0) }) }

    private static func node(_ fields: Fields) -> Value {
        let addresses = fields.plain[1].split(separator: ",").map { text -> Value in
            ["type": "InternalIP", "address": .string(String(text))]
        }
        let zone = fields["zone"].map { ["topology.kubernetes.io/zone": .string($0)] as Value } ?? [:]
        return [
            "metadata": ["name": .string(fields.plain[0]), "labels": zone],
            "status": ["addresses": .array(addresses), "conditions": [["type": "Ready", "status": "True"]]],
        ]
    }

    /// `[NAME:]NUMBER[/PROTOCOL][@NODEPORT]`
    private static func port(_ text: String) -> (name: String, number: Int64, transport: Transport, nodePort: Int64) {
        let outer = text.split(separator: "@").map(String.init)
        let words = outer[0].split(separator: "/").map(String.init)
        let name = words[0].split(separator: ":").map(String.init)
        return (
            name.count > 1 ? name[0] : "", Int64(name[name.count - 1])!,
            Transport(rawValue: words.count > 1 ? words[1] : "TCP")!, outer.count > 1 ? Int64(outer[1])! : 0
        )
    }

    private static func pod(_ fields: Fields) -> PodLine {
        let addresses = fields.plain[1].split(separator: ",").map(String.init)
        let declared = fields.list("ports").map { text -> Value in
            let port = port(text)
            return ["containerPort": .int(port.number), "protocol": .string(port.transport.rawValue)]
        }
        let published = fields.list("publishes").map { text -> Value in
            let sides = text.split(separator: "@").map(String.init)
            let numbers = sides[sides.count - 1].split(separator: ":").map(String.init)
            let inner = port(numbers[1])
            return [
                "hostIP": .string(sides.count > 1 ? sides[0] : ""), "hostPort": .int(Int64(numbers[0])!),
                "containerPort": .int(inner.number), "protocol": .string(inner.transport.rawValue),
            ]
        }
        let object: Value = [
            "metadata": metadata(fields.plain[0]),
            "spec": [
                "nodeName": .string(fields.plain[2]), "hostNetwork": .bool(fields.has("host")),
                "containers": [["name": "c", "ports": .array(declared + published)]],
            ],
            "status": [
                "phase": "Running", "podIP": .string(addresses[0]),
                "podIPs": .array(addresses.map { ["ip": .string($0)] }),
            ],
        ]
        let listens = fields.list("listens").map { text in
            let port = port(text)
            return (port: UInt16(port.number), transport: port.transport)
        }
        return PodLine(
            name: fields.plain[0], addresses: addresses.map { IPAddress($0)! }, node: fields.plain[2],
            isHost: fields.has("host"), listens: listens, object: object)
    }

    private static func service(_ fields: Fields) -> Value {
        let addresses = fields.plain[1].split(separator: ",").map(String.init)
        let ports = fields.all("port").map { text -> Value in
            let port = port(text)
            return [
                "name": .string(port.name), "port": .int(port.number), "protocol": .string(port.transport.rawValue),
                "nodePort": .int(port.nodePort),
            ]
        }
        let vips = fields.list("vip")
        let hasNodePorts = fields.all("port").contains { $0.contains("@") }
        var spec: Object = [
            "clusterIP": .string(addresses[0]), "clusterIPs": texts(addresses), "ports": .array(ports),
            "type": vips.isEmpty ? hasNodePorts ? "NodePort" : "ClusterIP" : "LoadBalancer",
            "internalTrafficPolicy": .string(fields["itp"] ?? "Cluster"),
            "externalTrafficPolicy": .string(fields["etp"] ?? "Cluster"),
            "externalIPs": texts(fields.list("external")),
        ]
        if let seconds = fields["affinity"] {
            spec["sessionAffinity"] = "ClientIP"
            spec["sessionAffinityConfig"] = ["clientIP": ["timeoutSeconds": .int(Int64(seconds)!)]]
        }
        if let port = fields["hc"] { spec["healthCheckNodePort"] = .int(Int64(port)!) }
        return [
            "metadata": metadata(fields.plain[0]), "spec": .object(spec),
            "status": ["loadBalancer": ["ingress": .array(vips.map { ["ip": .string($0)] })]],
        ]
    }

    private static func slice(_ fields: Fields, _ number: Int) -> Value {
        let words = fields.plain[0].split(separator: "/").map(String.init)
        let (namespace, service) = words.count > 1 ? (words[0], words[1]) : ("default", words[0])
        let ports = fields.list("ports").map { text -> Value in
            let port = port(text)
            return [
                "name": .string(port.name), "port": .int(port.number), "protocol": .string(port.transport.rawValue),
            ]
        }
        return [
            "metadata": metadata(
                "\(namespace)/\(service)-\(number)", labels: ["kubernetes.io/service-name": .string(service)]),
            "addressType": .string(fields["family"] ?? "IPv4"), "ports": .array(ports), "endpoints": [],
        ]
    }

    private static func endpoint(_ fields: Fields) -> Value {
        let isReady = !fields.has("notready") && !fields.has("serving-terminating")
        let isGoing = fields.has("serving-terminating")
        var object: Object = [
            "addresses": [.string(fields.plain[0])],
            "conditions": [
                "ready": .bool(isReady), "serving": .bool(isReady || isGoing), "terminating": .bool(isGoing),
            ],
        ]
        if let node = fields["node"] { object["nodeName"] = .string(node) }
        if let pod = fields["pod"] {
            object["targetRef"] = ["kind": "Pod", "namespace": "default", "name": .string(pod)]
        }
        return .object(object)
    }
}
