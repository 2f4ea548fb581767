import FairleadAPI
import FairleadKinds
import FairleadModel
import FairleadRouting
import FairleadStorage

/// `/debug/path?from=…&to=…`: which way a packet would take in the cluster as it is, and why.
struct PacketPathPage: Sendable {
    let snapshot: Snapshot
    let configuration: ServerConfiguration

    static let about =
        "The way of a packet: ?from=pod/NAMESPACE/NAME|node/NAME|outside/ADDRESS&to=HOST:PORT[/udp]"
        + "[&if=pod/NAMESPACE/NAME=NotReady][&seed=N][&output=text|json|svg]."

    private static let mostConditions = 32

    func report(_ request: APIRequest) throws(APIStatus) -> RouteReport {
        guard let from = request.queryValue("from"), let to = request.queryValue("to") else {
            throw .badRequest("from and to are required. \(Self.about)")
        }
        let packet: Packet
        do throws(PacketTextError) {
            packet = try Packet(from: from, to: to)
        } catch {
            throw .badRequest(error.message)
        }
        let conditions = request.query.filter { $0.name == "if" }
        guard conditions.count <= Self.mostConditions else {
            throw .badRequest("at most \(Self.mostConditions) conditions (if=…) can be supposed at a time")
        }
        var table = table
        for (_, text) in conditions {
            // Each looks at every endpoint of the cluster.
            if Task.isCancelled { throw .internalError("the client has left") }
            guard let hypothesis = Hypothesis(text) else {
                let changes = Hypothesis.Change.allCases.map(\.rawValue).joined(separator: ", ")
                throw .badRequest(
                    "\"\(text)\": pod/NAMESPACE/NAME=CHANGE or node/NAME=CHANGE is expected, with a change among "
                        + "\(changes)")
            }
            table.suppose(hypothesis)
        }
        var generator: any RandomNumberGenerator = SystemRandomNumberGenerator()
        if let text = request.queryValue("seed") {
            guard let seed = UInt64(text) else { throw .badRequest("seed \"\(text)\" is not a number") }
            generator = SplitMix64(seed: seed)
        }
        var connections = ConnectionTable()
        return RouteReport(table.route(packet, &connections, at: 0, using: &generator))
    }

    private var table: RoutingTable {
        func values(_ resource: GroupVersionResource) -> [Value] {
            snapshot.objects(resource.groupResource, namespace: nil, after: nil).map(\.value)
        }
        return RoutingTable(
            RoutingSettings(
                clusterCIDRs: configuration.podCIDRs, serviceCIDRs: configuration.serviceClusterIPRanges,
                clusterDomain: configuration.clusterDomain),
            services: values(.services), slices: values(.endpointSlices), nodes: values(.nodes), pods: values(.pods))
    }
}
