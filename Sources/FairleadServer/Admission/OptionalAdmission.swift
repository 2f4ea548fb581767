import FairleadAPI
import FairleadKindRules
import FairleadKinds
import FairleadModel
import FairleadStorage

/// Admission plugins that are off unless `--enable-admission-plugins` names them.
///
/// Reference: Kubernetes documentation, "Admission Controllers"; k8s.io/kubernetes `plugin/pkg/admission`.
struct OptionalAdmission: DynamicAdmission {
    private static let pods = GroupResource(group: "", resource: "pods")
    private static let services = GroupResource(group: "", resource: "services")
    private static let namespaces = GroupResource(group: "", resource: "namespaces")

    let plugins: AdmissionPlugins

    /// - Returns: nil if none of them is on.
    init?(_ plugins: AdmissionPlugins) {
        let own: [AdmissionPlugin] = [
            .alwaysPullImages, .extendedResourceToleration, .limitPodHardAntiAffinityTopology, .denyServiceExternalIPs,
            .namespaceExists, .alwaysDeny,
        ]
        guard own.contains(where: plugins.contains) else { return nil }
        self.plugins = plugins
    }

    func isInterested(
        in operation: AdmissionOperation, _ kind: Kind, subresource: String?, _ snapshot: Snapshot
    ) -> Bool {
        if plugins.contains(.alwaysDeny) || plugins.contains(.namespaceExists) && kind.info.isNamespaced { return true }
        guard operation == .create || operation == .update, subresource == nil else { return false }
        return kind.groupResource == Self.pods || kind.groupResource == Self.services
    }

    func mutate(_ attributes: AdmissionAttributes) async throws(APIStatus) -> Value? {
        guard var pod = attributes.object, isPod(attributes) else { return attributes.object }
        if plugins.contains(.alwaysPullImages), images(of: pod) != attributes.oldObject.map(images) {
            for list in Self.containerLists {
                pod.change("spec") { $0.changeItems(list) { $0["imagePullPolicy"] = "Always" } }
            }
        }
        if plugins.contains(.extendedResourceToleration) { tolerateExtendedResources(&pod) }
        return pod
    }

    func validate(_ attributes: AdmissionAttributes) async throws(APIStatus) {
        let resource = attributes.kind.groupResource
        let name = attributes.name
        if plugins.contains(.alwaysDeny) {
            throw .forbidden(resource, name: name, "admission control is denying all modifications")
        }
        let namespace = attributes.namespace
        if plugins.contains(.namespaceExists), attributes.kind.info.isNamespaced, !namespace.isEmpty,
            attributes.namespaceObject == nil
        {
            throw .notFound(Self.namespaces, name: namespace)
        }
        guard let object = attributes.object else { return }
        if isPod(attributes) {
            if plugins.contains(.limitPodHardAntiAffinityTopology) { try checkTopology(object, name) }
            if plugins.contains(.alwaysPullImages), images(of: object) != attributes.oldObject.map(images) {
                try checkPullPolicies(object, name)
            }
        } else if resource == Self.services, attributes.subresource == nil, attributes.operation != .delete,
            plugins.contains(.denyServiceExternalIPs)
        {
            let known = Set(addresses(attributes.oldObject))
            guard !known.isSuperset(of: addresses(object)) else { return }
            throw .forbidden(resource, name: name, "Use of external IPs is denied by admission control.")
        }
    }

    private func addresses(_ service: Value?) -> [String] {
        service?.at("spec", "externalIPs")?.array?.compactMap(\.string) ?? []
    }

    private func isPod(_ attributes: AdmissionAttributes) -> Bool {
        attributes.kind.groupResource == Self.pods && attributes.subresource == nil
            && (attributes.operation == .create || attributes.operation == .update)
    }

    // MARK: - pods

    private static let containerLists = ["initContainers", "containers", "ephemeralContainers"]

    private func images(of pod: Value) -> Set<String> {
        Set(Self.containerLists.flatMap { pod.at("spec", $0)?.array ?? [] }.compactMap { $0["image"]?.string })
    }

    private func checkPullPolicies(_ pod: Value, _ name: String) throws(APIStatus) {
        for list in Self.containerLists {
            for (index, container) in (pod.at("spec", list)?.array ?? []).enumerated() {
                let policy = container["imagePullPolicy"]?.string ?? ""
                if policy == "Always" { continue }
                throw .forbidden(
                    Self.pods, name: name,
                    "spec.\(list)[\(index)].imagePullPolicy: Unsupported value: \(policy.goQuoted): supported values: "
                        + "\"Always\"")
            }
        }
    }

    private func checkTopology(_ pod: Value, _ name: String) throws(APIStatus) {
        let required = pod.at(
            "spec", "affinity", "podAntiAffinity", "requiredDuringSchedulingIgnoredDuringExecution")
        for term in required?.array ?? [] {
            let key = term["topologyKey"]?.string ?? ""
            if key == "kubernetes.io/hostname" { continue }
            throw .forbidden(
                Self.pods, name: name,
                "affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey \(key) but only key "
                    + "kubernetes.io/hostname is allowed")
        }
    }

    /// Nodes with special resources are tainted with their names, so that only pods that need them get there.
    private func tolerateExtendedResources(_ pod: inout Value) {
        let containers = Self.containerLists.flatMap { pod.at("spec", $0)?.array ?? [] }
        let names = containers.flatMap { $0.at("resources", "requests")?.object?.members.map(\.key) ?? [] }
        let extended = Set(names.filter(Self.isExtended)).sorted()
        if extended.isEmpty { return }
        var tolerations = pod.at("spec", "tolerations")?.array ?? []
        for key in extended {
            let wanted: Value = ["key": .string(key), "operator": "Exists", "effect": "NoSchedule"]
            let isTolerated = tolerations.contains { toleration in
                toleration["key"] == wanted["key"] && toleration["operator"] == wanted["operator"]
                    && toleration["effect"] == wanted["effect"]
            }
            if !isTolerated { tolerations.append(wanted) }
        }
        pod.set(.array(tolerations), at: "spec", "tolerations")
    }

    private static func isExtended(_ name: String) -> Bool {
        guard let slash = name.firstIndex(of: "/"), !name.hasPrefix("requests.") else { return false }
        let domain = name[..<slash]
        return domain != "kubernetes.io" && !domain.hasSuffix(".kubernetes.io")
    }
}

/// Another plugin, of which only one of the two phases is on.
struct AdmissionPhases: DynamicAdmission {
    private let plugin: any DynamicAdmission
    private let mutates: Bool
    private let validates: Bool

    /// - Returns: nil if neither is on.
    init?(_ plugin: any DynamicAdmission, mutates: Bool, validates: Bool) {
        guard mutates || validates else { return nil }
        self.plugin = plugin
        self.mutates = mutates
        self.validates = validates
    }

    func isInterested(
        in operation: AdmissionOperation, _ kind: Kind, subresource: String?, _ snapshot: Snapshot
    ) -> Bool {
        plugin.isInterested(in: operation, kind, subresource: subresource, snapshot)
    }

    func isLaborious(
        in operation: AdmissionOperation, _ kind: Kind, subresource: String?, _ snapshot: Snapshot
    ) -> Bool {
        plugin.isLaborious(in: operation, kind, subresource: subresource, snapshot)
    }

    func mutate(_ attributes: AdmissionAttributes) async throws(APIStatus) -> Value? {
        mutates ? try await plugin.mutate(attributes) : attributes.object
    }

    func validate(_ attributes: AdmissionAttributes) async throws(APIStatus) {
        if validates { try await plugin.validate(attributes) }
    }
}

extension API {
    /// Makes the API ask another plugin, if any of its phases is on.
    mutating func ask(_ plugin: any DynamicAdmission, mutates: AdmissionPlugin, validates: AdmissionPlugin) {
        let plugins = configuration.plugins
        let phases = (plugins.contains(mutates), plugins.contains(validates))
        if phases == (true, true) { return admission.append(plugin) }
        if let half = AdmissionPhases(plugin, mutates: phases.0, validates: phases.1) { admission.append(half) }
    }
}
