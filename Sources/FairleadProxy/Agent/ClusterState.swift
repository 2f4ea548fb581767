import FairleadModel
import FairleadRouting

/// What the proxy knows of the cluster, and what of it the kernel does not know yet. A pure value.
///
/// It keeps no objects, only what `RoutingTable` makes of them. However much changes while the kernel is busy, only the
/// names of the Services wait.
struct ClusterState: Sendable {
    /// The resources that have to be listed before rules mean anything.
    enum Source: Hashable, Sendable, CaseIterable { case services, slices, nodes, ranges }

    /// What has changed since the last transaction.
    struct Pending: Sendable {
        var services: Set<ObjectName> = []
        /// Whether rules may have changed that are not those of a Service.
        var touchesAll = false
        /// When the oldest of the changes was seen.
        var since: Duration?
        var serviceChanges = 0
        var sliceChanges = 0
        /// When the causes of the changes happened, as the slices say.
        var causes: [Timestamp] = []

        static let mostCauses = 10_000
    }

    let node: String
    private(set) var table: RoutingTable
    private(set) var ranges: [String: [CIDR]] = [:]
    private(set) var missing: Set<Source>
    private(set) var isEligible = true
    private var pending = Pending()
    /// Causes before this are those of an earlier proxy.
    private let started: Timestamp

    init(_ settings: ProxySettings, started: Timestamp) {
        node = settings.node
        table = RoutingTable(settings.routing)
        missing = Set(Source.allCases)
        self.started = started
    }

    var isComplete: Bool { missing.isEmpty }
    var serviceCIDRs: [CIDR] { ranges.values.flatMap { $0 } }
    var hasPending: Bool { pending.since != nil }
    var pendingCounts: (services: Int, slices: Int) { (pending.serviceChanges, pending.sliceChanges) }
    var pendingSince: Duration? { pending.since }

    mutating func takePending() -> Pending {
        defer { pending = Pending() }
        return pending
    }

    /// Puts back what could not be carried out.
    mutating func `return`(_ taken: Pending) {
        pending.services.formUnion(taken.services)
        pending.touchesAll = pending.touchesAll || taken.touchesAll
        pending.since = [pending.since, taken.since].compactMap { $0 }.min()
        pending.serviceChanges += taken.serviceChanges
        pending.sliceChanges += taken.sliceChanges
        pending.causes = Array((taken.causes + pending.causes).prefix(Pending.mostCauses))
    }

    // MARK: What the server says

    mutating func set(_ source: Source, _ name: ObjectName, _ value: Value, at now: Duration) {
        switch source {
        case .services:
            changeService(name, at: now) { $0.set(ServiceView(value)) }
        case .slices:
            let slice = EndpointSliceView(value)
            changeSlice(name, at: now) { $0.set(slice) }
            let key = "endpoints.kubernetes.io/last-change-trigger-time"
            if isComplete, let cause = slice.annotations[key].flatMap({ Timestamp(rfc3339: $0) }), cause > started,
                pending.causes.count < Pending.mostCauses
            {
                pending.causes.append(cause)
            }
        case .nodes: setNode(NodeView(value), at: now)
        case .ranges:
            let cidrs = value.texts("spec", "cidrs").compactMap { CIDR($0) }
            if ranges.updateValue(cidrs, forKey: name.name) != cidrs { touchAll(at: now) }
        }
    }

    mutating func remove(_ source: Source, _ name: ObjectName, at now: Duration) {
        switch source {
        case .services: changeService(name, at: now) { $0.removeService(name) }
        case .slices: changeSlice(name, at: now) { $0.removeSlice(name) }
        case .nodes:
            guard name.name == node, table.nodes[node] != nil else { return }
            table.removeNode(node)
            isEligible = false
            touchAll(at: now)
        case .ranges:
            if ranges.removeValue(forKey: name.name) != nil { touchAll(at: now) }
        }
    }

    /// The names that a list has to have, or else the objects are gone.
    func names(_ source: Source) -> [ObjectName] {
        switch source {
        case .services: table.serviceNames
        case .slices: table.sliceNames
        case .nodes: table.nodes.keys.map { ObjectName(namespace: "", name: $0) }
        case .ranges: ranges.keys.map { ObjectName(namespace: "", name: $0) }
        }
    }

    /// The whole list has arrived, or the cluster has no such resource.
    mutating func completed(_ source: Source, at now: Duration) {
        guard missing.remove(source) != nil, isComplete else { return }
        touchAll(at: now)
    }

    // MARK: What that means

    private mutating func changeService(_ name: ObjectName, at now: Duration, _ change: (inout RoutingTable) -> Void) {
        if isComplete { touch([name], table.rivals(of: name, on: node), at: now) }
        change(&table)
        guard isComplete else { return }
        touch([name], table.rivals(of: name, on: node), at: now)
        pending.serviceChanges += 1
    }

    private mutating func changeSlice(_ name: ObjectName, at now: Duration, _ change: (inout RoutingTable) -> Void) {
        let before = table.service(ofSlice: name)
        change(&table)
        guard isComplete else { return }
        touch([before, table.service(ofSlice: name)].compactMap { $0 }, [], at: now)
        pending.sliceChanges += 1
    }

    /// Of the nodes only our own decides anything here. Its heartbeats change nothing.
    private mutating func setNode(_ view: NodeView, at now: Duration) {
        guard view.name == node else { return }
        let old = table.nodes[node]
        table.set(view)
        let new = table.nodes[node]
        isEligible = !view.isTerminating && !view.taints.contains { $0.key == "ToBeDeletedByClusterAutoscaler" }
        if old?.addresses != new?.addresses || old?.zone != new?.zone { touchAll(at: now) }
    }

    private mutating func touch(_ names: [ObjectName], _ others: Set<ObjectName>, at now: Duration) {
        guard !names.isEmpty else { return }
        pending.services.formUnion(names)
        pending.services.formUnion(others)
        pending.since = pending.since ?? now
    }

    private mutating func touchAll(at now: Duration) {
        guard isComplete else { return }
        pending.touchesAll = true
        pending.since = pending.since ?? now
    }
}
