package import FairleadClient
package import FairleadModel

/// The objects that every cluster has before its first client connects: the system namespaces and priority classes, the
/// ServiceCIDR `kubernetes`, and the Service `default/kubernetes` with its endpoints.
///
/// The server runs it before it reports ready; it may run again at any time and changes only what is missing. What the
/// API refuses because of existing objects, such as ranges that somebody has changed, is reported and left to the
/// controllers: a cluster in an odd state starts all the same, as with kube-apiserver.
package struct Bootstrap: Sendable {
    package struct Configuration: Sendable {
        /// The service ranges, the primary family first: `10.96.0.0/16`.
        package var serviceCIDRs: [String]
        /// The port the server listens on, which port 443 of the Service targets.
        package var serverPort: Int
        /// The address at which pods reach the server, not a loopback address. Nil means that there is none; then
        /// neither Endpoints nor an EndpointSlice are written.
        package var advertiseAddress: String?
        /// The certificate authorities that clients of the server trust, PEM.
        package var rootCertificates: String

        package init(
            serviceCIDRs: [String], serverPort: Int, advertiseAddress: String?, rootCertificates: String = ""
        ) {
            self.serviceCIDRs = serviceCIDRs
            self.serverPort = serverPort
            self.advertiseAddress = advertiseAddress
            self.rootCertificates = rootCertificates
        }

        /// The first address of the primary range.
        var serviceAddress: String? {
            serviceCIDRs.first.flatMap { CIDR($0) }.map { $0.network.advanced(by: 1).description }
        }
    }

    package static let namespaces = ["kube-system", "kube-public", "kube-node-lease", "default"]
    static let name = "kubernetes"

    let client: any ObjectClient
    let configuration: Configuration
    let environment: Environment

    package init(client: any ObjectClient, configuration: Configuration, environment: Environment) {
        self.client = client
        self.configuration = configuration
        self.environment = environment
    }

    /// - Parameter report: called for each object that the API refused.
    /// - Throws: failures that have nothing to do with the objects, such as failing storage.
    package func run(report: @Sendable (_ what: String, APIStatus) -> Void) async throws(APIStatus) {
        try await prepare(report: report)
        try await complete(report: report)
    }

    /// The first half of `run`: what other objects need, such as their namespaces.
    package func prepare(report: @Sendable (_ what: String, APIStatus) -> Void) async throws(APIStatus) {
        let namespaces = Self.namespaces.map { name in
            Step(what: "namespace \(name)") { () throws(APIStatus) in try await ensureNamespace(name) }
        }
        let classes = Self.priorityClasses.map { priority in
            Step(what: "priority class \(priority.name)") { () throws(APIStatus) in try await ensure(priority) }
        }
        try await together(
            namespaces + classes + [Step(what: "the default ServiceCIDR", run: ensureServiceCIDR)], report)
    }

    /// The second half of `run`.
    package func complete(report: @Sendable (_ what: String, APIStatus) -> Void) async throws(APIStatus) {
        try await together(
            [
                Step(what: "the Service kubernetes", run: ensureService),
                Step(what: "the Endpoints kubernetes", run: ensureEndpoints),
                Step(what: "the EndpointSlice kubernetes", run: ensureEndpointSlice),
                Step(what: "the authentication of extensions", run: ensureExtensionAuthentication),
            ], report)
    }

    private struct Step: Sendable {
        var what: String
        var run: @Sendable () async throws(APIStatus) -> Void
    }

    /// Whether existing objects are the obstacle, rather than failing storage.
    package static func isRefusal(_ error: APIStatus) -> Bool { (400..<500).contains(error.code) }

    /// Runs independent steps concurrently, so that their writes can share a disk sync.
    private func together(
        _ steps: [Step], _ report: (_ what: String, APIStatus) -> Void
    ) async throws(APIStatus) {
        let failures = await withTaskGroup(of: (what: String, error: APIStatus)?.self) { group in
            for step in steps {
                group.addTask {
                    do throws(APIStatus) {
                        try await step.run()
                        return nil
                    } catch {
                        return (step.what, error)
                    }
                }
            }
            var failures: [(what: String, error: APIStatus)] = []
            for await failure in group { if let failure { failures.append(failure) } }
            return failures
        }
        for failure in failures where Self.isRefusal(failure.error) { report(failure.what, failure.error) }
        if let fatal = failures.first(where: { !Self.isRefusal($0.error) }) { throw fatal.error }
    }

    func ensureNamespace(_ name: String) async throws(APIStatus) {
        try await createIfMissing(
            .namespaces, namespace: "",
            ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(name)]])
    }

    private struct PriorityClass: Sendable {
        var name: String
        var value: Int64
        var description: String
    }

    private static let priorityClasses: [PriorityClass] = [
        PriorityClass(
            name: "system-cluster-critical", value: 2_000_000_000,
            description:
                "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary."
        ),
        PriorityClass(
            name: "system-node-critical", value: 2_000_001_000,
            description: "Used for system critical pods that must not be moved from their current node."),
    ]

    private func ensure(_ priority: PriorityClass) async throws(APIStatus) {
        try await createIfMissing(
            .priorityClasses, namespace: "",
            [
                "apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass",
                "metadata": ["name": .string(priority.name)], "value": .int(priority.value),
                "description": .string(priority.description),
            ])
    }

    func ensureServiceCIDR() async throws(APIStatus) {
        if configuration.serviceCIDRs.isEmpty { return }
        let created = try await createIfMissing(
            .serviceCIDRs, namespace: "",
            [
                "apiVersion": "networking.k8s.io/v1", "kind": "ServiceCIDR",
                "metadata": [
                    "name": .string(Self.name), "finalizers": ["networking.k8s.io/service-cidr-finalizer"],
                ],
                "spec": ["cidrs": .array(configuration.serviceCIDRs.map { .string($0) })],
            ])
        let current = try await client.get(.serviceCIDRs, namespace: "", name: Self.name)
        if !created { try await extendServiceCIDR(current) }
        var conditions = Conditions(of: current)
        if conditions["Ready"] != nil { return }
        conditions.set(
            "Ready", true, reason: "", message: ServiceCIDRReconciler.readyMessage, now: environment.now())
        try await client.patch(
            .serviceCIDRs, namespace: "", name: Self.name, ["status": ["conditions": conditions.value ?? .null]],
            subresource: "status")
    }

    /// A cluster that is restarted with a second address family gets it; other differences from the configuration stay
    /// as they are.
    private func extendServiceCIDR(_ current: Value) async throws(APIStatus) {
        let stored = current.texts("spec", "cidrs")
        let wanted = configuration.serviceCIDRs
        guard current.deletionTimestamp == nil, stored.count == 1, wanted.count == 2, stored[0] == wanted[0] else {
            return
        }
        try await client.patch(
            .serviceCIDRs, namespace: "", name: Self.name,
            ["spec": ["cidrs": .array(wanted.map { .string($0) })]])
    }

    func ensureService() async throws(APIStatus) {
        guard let address = configuration.serviceAddress else { return }
        let port: Value = [
            "name": "https", "port": 443, "protocol": "TCP", "targetPort": .int(Int64(configuration.serverPort)),
        ]
        try await createIfMissing(
            .services, namespace: "default",
            [
                "apiVersion": "v1", "kind": "Service",
                "metadata": [
                    "name": .string(Self.name), "namespace": "default",
                    "labels": ["component": "apiserver", "provider": "kubernetes"],
                ],
                "spec": [
                    "clusterIP": .string(address), "clusterIPs": .array([.string(address)]),
                    "ipFamilyPolicy": "SingleStack", "ports": .array([port]), "sessionAffinity": "None",
                    "type": "ClusterIP",
                ],
            ])
    }

    /// Creates or corrects the Endpoints `kubernetes`. The mirroring controller leaves them alone.
    func ensureEndpoints() async throws(APIStatus) {
        guard let address = configuration.advertiseAddress.flatMap({ IPAddress($0) }) else { return }
        let endpoints: Value = [
            "apiVersion": "v1", "kind": "Endpoints",
            "metadata": [
                "name": .string(Self.name), "namespace": "default",
                "labels": ["endpointslice.kubernetes.io/skip-mirror": "true"],
            ],
            "subsets": .array([
                ["addresses": .array([["ip": .string(address.description)]]), "ports": .array([endpointPort])]
            ]),
        ]
        try await ensure(.endpoints, in: "default", endpoints, fields: "subsets")
    }

    /// Creates or corrects the EndpointSlice `kubernetes`.
    func ensureEndpointSlice() async throws(APIStatus) {
        guard let address = configuration.advertiseAddress.flatMap({ IPAddress($0) }) else { return }
        let endpoint: Value = ["addresses": .array([.string(address.description)]), "conditions": ["ready": true]]
        let slice: Value = [
            "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
            "metadata": [
                "name": .string(Self.name), "namespace": "default",
                "labels": ["kubernetes.io/service-name": .string(Self.name)],
            ],
            "addressType": .string(address.family), "endpoints": .array([endpoint]),
            "ports": .array([endpointPort]),
        ]
        try await ensure(.endpointSlices, in: "default", slice, fields: "endpoints", "ports")
    }

    private var endpointPort: Value {
        ["name": "https", "port": .int(Int64(configuration.serverPort)), "protocol": "TCP"]
    }

    static let extensionAuthentication = "extension-apiserver-authentication"

    /// Servers that extend the API, and others that ask it to authenticate their clients, do not start without this
    /// ConfigMap.
    func ensureExtensionAuthentication() async throws(APIStatus) {
        let certificates: Value = .string(configuration.rootCertificates)
        let map: Value = [
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": ["name": .string(Self.extensionAuthentication), "namespace": "kube-system"],
            "data": [
                "client-ca-file": certificates, "requestheader-client-ca-file": certificates,
                "requestheader-allowed-names": #"["front-proxy-client"]"#,
                "requestheader-extra-headers-prefix": #"["X-Remote-Extra-"]"#,
                "requestheader-group-headers": #"["X-Remote-Group"]"#, "requestheader-uid-headers": "[]",
                "requestheader-username-headers": #"["X-Remote-User"]"#,
            ],
        ]
        try await ensure(.configMaps, in: "kube-system", map, fields: "data")
    }

    private func ensure(
        _ resource: GroupVersionResource, in namespace: String, _ wanted: Value, fields: String...
    ) async throws(APIStatus) {
        if try await createIfMissing(resource, namespace: namespace, wanted) { return }
        let current = try await client.get(resource, namespace: namespace, name: wanted.name)
        var changed = current
        for field in fields { changed[field] = wanted[field] }
        if changed != current { try await client.update(resource, changed) }
    }

    /// Returns whether the object was created.
    @discardableResult
    private func createIfMissing(
        _ resource: GroupVersionResource, namespace: String, _ object: Value
    ) async throws(APIStatus) -> Bool {
        if try await ignoringNotFound(await client.get(resource, namespace: namespace, name: object.name)) != nil {
            return false
        }
        do throws(APIStatus) {
            _ = try await client.create(resource, namespace: namespace, object)
            return true
        } catch {
            if error.reason == "AlreadyExists" { return false }
            throw error
        }
    }
}
