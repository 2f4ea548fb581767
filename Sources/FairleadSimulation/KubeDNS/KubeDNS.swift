package import FairleadClient
package import FairleadModel

/// The objects of the cluster DNS, as kubeadm creates them: Service `kube-dns`, Deployment `coredns`, its
/// ServiceAccount and ConfigMap, all in kube-system. The ordinary controllers keep it running; answering queries is
/// done elsewhere.
package struct KubeDNS: Sendable {
    package static let namespace = "kube-system"
    package static let serviceName = "kube-dns"
    /// The names of the objects that `install` creates.
    package static let names: Set<String> = [serviceName, "coredns"]
    static let image = "registry.k8s.io/coredns/coredns:v1.13.1"
    private static let labels: Value = ["k8s-app": "kube-dns"]

    /// The settings of the DNS server, for the Corefile.
    package struct Settings: Sendable {
        package var clusterDomain: String
        /// `insecure`, `verified` or `disabled`.
        package var podNames = "insecure"
        /// Seconds.
        package var ttl: UInt32 = 5
        /// The upstream server for names outside the cluster; nil if they are refused.
        package var forward: String?
        package var rotates = false

        package init(clusterDomain: String = "cluster.local") { self.clusterDomain = clusterDomain }
    }

    let client: any ObjectClient
    /// The field manager under which the client writes.
    let manager: String
    let serviceCIDR: CIDR
    let settings: Settings

    /// - Parameter serviceCIDR: the primary service range; the Service gets its tenth address.
    package init(client: any ObjectClient, manager: String, serviceCIDR: CIDR, settings: Settings) {
        self.client = client
        self.manager = manager
        self.serviceCIDR = serviceCIDR
        self.settings = settings
    }

    /// Whether this is one of the kube-dns pods.
    package static func isPod(_ pod: Value) -> Bool {
        pod.namespace == namespace && pod.text("metadata", "labels", "k8s-app") == "kube-dns"
    }

    package var address: String { Self.address(in: serviceCIDR) }

    /// The Service's address in a primary service range: the tenth.
    package static func address(in serviceCIDR: CIDR) -> String {
        serviceCIDR.network.advanced(by: 10).description
    }

    /// Creates missing objects at the same time; existing ones stay as they are, however changed. Only a Corefile that
    /// nobody else has written to is updated, since it shows the DNS server's settings. The namespace must exist.
    ///
    /// - Throws: the first failure, after the others have been tried.
    package func install() async throws(APIStatus) {
        async let createdAccount = result { () throws(APIStatus) in
            _ = try await create(.serviceAccounts, serviceAccount)
        }
        async let createdCorefile = result { () throws(APIStatus) in try await installCorefile() }
        async let createdService = result { () throws(APIStatus) in _ = try await create(.services, service) }
        async let createdDeployment = result { () throws(APIStatus) in
            _ = try await create(.deployments, deployment)
        }
        for outcome in await [createdAccount, createdCorefile, createdService, createdDeployment] {
            try outcome.get()
        }
    }

    private func installCorefile() async throws(APIStatus) {
        guard let present = try await create(.configMaps, configMap), present["data"] != configMap["data"],
            isOurs(present)
        else { return }
        try await client.patch(
            .configMaps, namespace: Self.namespace, name: present.name, ["data": configMap["data"] ?? .null])
    }

    private func result(_ step: () async throws(APIStatus) -> Void) async -> Result<Void, APIStatus> {
        do throws(APIStatus) {
            return .success(try await step())
        } catch {
            return .failure(error)
        }
    }

    /// Checks for the object first: otherwise the Service's own address would be refused as taken before its name is.
    ///
    /// - Returns: the object, if it already exists.
    @discardableResult
    private func create(_ resource: GroupVersionResource, _ object: Value) async throws(APIStatus) -> Value? {
        let present = try await ignoringNotFound(
            await client.get(resource, namespace: Self.namespace, name: object.name))
        if present == nil { _ = try await client.create(resource, namespace: Self.namespace, object) }
        return present
    }

    private func isOurs(_ object: Value) -> Bool {
        object.items("metadata", "managedFields").allSatisfy { $0.text("manager") == manager }
    }

    private func metadata(_ name: String, labels: Value? = nil, annotations: Value? = nil) -> Value {
        var metadata: Object = ["name": .string(name), "namespace": .string(Self.namespace)]
        metadata["labels"] = labels
        metadata["annotations"] = annotations
        return .object(metadata)
    }

    var serviceAccount: Value { ["apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata("coredns")] }

    var configMap: Value {
        [
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata("coredns"),
            "data": ["Corefile": .string(corefile)],
        ]
    }

    /// The configuration with which CoreDNS would answer like this server.
    private var corefile: String {
        let domain = settings.clusterDomain
        let forward = settings.forward.map { "\n    forward . \($0)" }
        return """
            # Shows how the DNS of this cluster is set, by the flags --dns-... and --cluster-domain of fairlead serve.
            # Changes here have no effect.
            .:53 {
                log
                errors
                health {
                   lameduck 5s
                }
                ready
                kubernetes \(domain) in-addr.arpa ip6.arpa {
                   pods \(settings.podNames)
                   fallthrough in-addr.arpa ip6.arpa
                   ttl \(settings.ttl)
                }
                prometheus :9153\(forward ?? "\n    # No forward: names outside the cluster are refused.")
                cache 30 {
                   disable success \(domain)
                   disable denial \(domain)
                }
                loop\(settings.rotates ? "\n    loadbalance" : "")
            }

            """
    }

    var service: Value {
        func port(_ name: String, _ number: Int64, _ transport: String) -> Value {
            ["name": .string(name), "port": .int(number), "protocol": .string(transport), "targetPort": .int(number)]
        }
        return [
            "apiVersion": "v1", "kind": "Service",
            "metadata": metadata(
                Self.serviceName,
                labels: [
                    "k8s-app": "kube-dns", "kubernetes.io/cluster-service": "true", "kubernetes.io/name": "CoreDNS",
                ],
                annotations: ["prometheus.io/port": "9153", "prometheus.io/scrape": "true"]),
            "spec": [
                "clusterIP": .string(address), "selector": Self.labels,
                "ports": [port("dns", 53, "UDP"), port("dns-tcp", 53, "TCP"), port("metrics", 9153, "TCP")],
            ],
        ]
    }

    var deployment: Value {
        let template: Value = [
            "metadata": ["labels": Self.labels],
            "spec": [
                "serviceAccountName": "coredns", "dnsPolicy": "Default",
                "nodeSelector": ["kubernetes.io/os": "linux"],
                "tolerations": [
                    ["key": "CriticalAddonsOnly", "operator": "Exists"],
                    ["key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"],
                ],
                "containers": [container],
                "volumes": [
                    [
                        "name": "config-volume",
                        "configMap": ["name": "coredns", "items": [["key": "Corefile", "path": "Corefile"]]],
                    ]
                ],
            ],
        ]
        return [
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata("coredns", labels: Self.labels),
            "spec": [
                "replicas": 2, "selector": ["matchLabels": Self.labels],
                "strategy": ["type": "RollingUpdate", "rollingUpdate": ["maxUnavailable": 1]],
                "template": template,
            ],
        ]
    }

    private var container: Value {
        func port(_ name: String, _ number: Int64, _ transport: String) -> Value {
            ["name": .string(name), "containerPort": .int(number), "protocol": .string(transport)]
        }
        return [
            "name": "coredns", "image": .string(Self.image), "imagePullPolicy": "IfNotPresent",
            "args": ["-conf", "/etc/coredns/Corefile"],
            "ports": [port("dns", 53, "UDP"), port("dns-tcp", 53, "TCP"), port("metrics", 9153, "TCP")],
            "resources": ["limits": ["memory": "170Mi"], "requests": ["cpu": "100m", "memory": "70Mi"]],
            "livenessProbe": [
                "httpGet": ["path": "/health", "port": 8080, "scheme": "HTTP"], "initialDelaySeconds": 60,
                "timeoutSeconds": 5, "successThreshold": 1, "failureThreshold": 5,
            ],
            "readinessProbe": ["httpGet": ["path": "/ready", "port": 8181, "scheme": "HTTP"]],
            "volumeMounts": [["name": "config-volume", "mountPath": "/etc/coredns", "readOnly": true]],
        ]
    }
}
