import FairleadModel
import FairleadSimulation
import FairleadStorage
import Logging

/// The settings with which a database was filled, compared with those of the server being started. Incompatible
/// settings are refused; surprising ones are logged.
///
/// The settings are stored in an object that is never served. Databases of older builds have none; there the
/// ServiceCIDR is used.
struct StoredSettings {
    private static let key = ObjectKey(
        GroupResource(group: "fairlead.internal", resource: "settings"), namespace: "", name: "cluster")

    private let configuration: ServerConfiguration
    private let store: Store
    private let logger: Logger

    init(_ configuration: ServerConfiguration, store: Store, logger: Logger) {
        self.configuration = configuration
        self.store = store
        self.logger = logger
    }

    /// Compares the settings, then stores the present ones.
    func settle() async throws(StartupError) {
        let snapshot = store.current
        let stored = snapshot.object(Self.key)?.value
        try checkRanges(stored, snapshot)
        if let domain = stored?.text("spec", "clusterDomain"), domain != configuration.clusterDomain {
            logger.warning(
                """
                the database was made with --cluster-domain \(domain), and names end in \(configuration.clusterDomain) \
                now: change the objects that spell out the old names, or start with --cluster-domain \(domain)
                """)
        }
        if !configuration.isBare { tellOfNodes(snapshot) }
        let wanted = object
        if stored?["spec"] == wanted["spec"] { return }
        do {
            _ = try await store.commit(
                Transaction(conditions: [], operations: [.put(Self.key, Document(wanted))]))
        } catch {
            throw StartupError("cannot write to \(configuration.dataText): \(error.explanation)")
        }
    }

    private var ranges: [String] { configuration.serviceClusterIPRanges.map(\.description) }

    private var object: Value {
        [
            "kind": "Settings", "apiVersion": "fairlead.internal/v1", "metadata": ["name": .string(Self.key.name)],
            "spec": [
                "serviceClusterIPRanges": .array(ranges.map { .string($0) }),
                "clusterDomain": .string(configuration.clusterDomain),
            ],
        ]
    }

    /// A second address family may be added, as in Kubernetes.
    private func checkRanges(_ stored: Value?, _ snapshot: Snapshot) throws(StartupError) {
        let cidr = ObjectKey(GroupVersionResource.serviceCIDRs.groupResource, namespace: "", name: "kubernetes")
        let before =
            stored?.texts("spec", "serviceClusterIPRanges") ?? snapshot.object(cidr)?.value.texts("spec", "cidrs") ?? []
        if before.isEmpty || before == ranges || before == [ranges[0]] { return }
        let old = before.joined(separator: ",")
        let file = configuration.dataText
        throw StartupError(
            """
            \(file) was made with --service-cluster-ip-range \(old), and its Services have addresses of that, not of \
            \(ranges.joined(separator: ",")): start it with --service-cluster-ip-range \(old), choose another --data, or \
            delete everything in it with: fairlead reset --data \(file)
            """)
    }

    private func tellOfNodes(_ snapshot: Snapshot) {
        let nodes = snapshot.objects(GroupVersionResource.nodes.groupResource, namespace: nil, after: nil)
            .map(\.value).filter { SimulationKeys.isSimulated($0) }
        let wanted = Set((0..<configuration.nodes).map(SimulatedNodes.name))
        let others = nodes.map(\.name).filter { $0.hasPrefix("node-") && !wanted.contains($0) }
        if !others.isEmpty {
            logger.notice(
                """
                the database has more simulated nodes than --nodes \(configuration.nodes), and they stay; to remove them: \
                kubectl delete node \(Self.list(others, separator: " "))
                """)
        }
        let elsewhere = nodes.filter { node in
            guard let range = CIDR(node.text("spec", "podCIDR")) else { return false }
            return !configuration.podCIDRs.contains { $0.contains(range) }
        }
        if !elsewhere.isEmpty {
            logger.notice(
                """
                --pod-cidr \(configuration.podCIDRs.map(\.description).joined(separator: ",")) is for new nodes; those that the database has keep their ranges: \
                \(Self.list(elsewhere.map { "\($0.name) \($0.text("spec", "podCIDR"))" }, separator: ", "))
                """)
        }
    }

    private static func list(_ words: [String], separator: String) -> String {
        words.prefix(10).joined(separator: separator) + (words.count > 10 ? " …" : "")
    }
}
