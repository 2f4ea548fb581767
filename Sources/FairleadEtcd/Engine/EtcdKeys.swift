import FairleadModel

/// Where objects are in etcd: as kube-apiserver lays them out, so that its tools show a familiar picture.
///
/// `/registry/RESOURCE/NAMESPACE/NAME` for the kinds of Kubernetes, some of which have other names there;
/// `/registry/GROUP/RESOURCE/NAMESPACE/NAME` for those of others. Cluster-scoped objects have no namespace. Bytes that
/// would be mistaken, a slash or a per cent sign, are written as `%2F` and `%25`; no object that came through the API
/// has them.
struct EtcdKeys: Sendable {
    /// With a slash at its end.
    let root: [UInt8]
    /// What transactions leave behind (`TransactionSlots`).
    let transactions: [UInt8]

    init(prefix: String) {
        root = Array((prefix + "/").utf8)
        transactions = root + Array("fairlead.internal/transactions/".utf8)
    }

    /// The end of the range of keys that begin with a prefix.
    static func end(of prefix: [UInt8]) -> [UInt8] {
        var end = prefix
        while let last = end.popLast() {
            if last < 0xFF { return end + [last + 1] }
        }
        return [0]
    }

    func key(_ key: ObjectKey) -> [UInt8] {
        var bytes = root
        let resource = key.resource
        if let place = Self.places[resource] {
            bytes += place.utf8
        } else {
            // A group that has no dot might be taken for a resource.
            if !resource.group.contains(".") { bytes.append(UInt8(ascii: "~")) }
            Self.append(resource.group, to: &bytes)
            bytes.append(Self.slash)
            Self.append(resource.resource, to: &bytes)
        }
        if !key.namespace.isEmpty {
            bytes.append(Self.slash)
            Self.append(key.namespace, to: &bytes)
        }
        bytes.append(Self.slash)
        Self.append(key.name, to: &bytes)
        return bytes
    }

    /// The object that a key stands for; nil for what others keep in the same place.
    func object(_ key: [UInt8]) -> ObjectKey? {
        guard key.starts(with: root), !key.starts(with: transactions) else { return nil }
        var parts = key[root.count...].split(separator: Self.slash, omittingEmptySubsequences: false)[...]
        guard let resource = Self.resource(&parts) else { return nil }
        let texts = parts.compactMap(Self.text)
        guard texts.count == parts.count else { return nil }
        switch texts.count {
        case 1: return ObjectKey(resource, namespace: "", name: texts[0])
        case 2 where !texts[0].isEmpty: return ObjectKey(resource, namespace: texts[0], name: texts[1])
        default: return nil
        }
    }

    /// Takes what stands for the resource from the beginning.
    private static func resource(_ parts: inout ArraySlice<ArraySlice<UInt8>>) -> GroupResource? {
        guard let first = parts.popFirst(), var head = text(first) else { return nil }
        if let resource = resources[head] { return resource }
        guard let second = parts.popFirst(), let name = text(second) else { return nil }
        if let resource = resources[head + "/" + name] { return resource }
        let isMarked = head.hasPrefix("~")
        if isMarked { head.removeFirst() }
        guard isMarked != head.contains(".") else { return nil }
        return GroupResource(group: head, resource: name)
    }

    // MARK: - places

    /// The kinds of Kubernetes that are stored under their resource's name alone, by group.
    private static let plain: [String: [String]] = [
        "": [
            "configmaps", "events", "limitranges", "namespaces", "persistentvolumeclaims", "persistentvolumes",
            "pods", "podtemplates", "resourcequotas", "secrets", "serviceaccounts",
        ],
        "admissionregistration.k8s.io": [
            "mutatingadmissionpolicies", "mutatingadmissionpolicybindings", "mutatingwebhookconfigurations",
            "validatingadmissionpolicies", "validatingadmissionpolicybindings", "validatingwebhookconfigurations",
        ],
        "apps": ["controllerrevisions", "daemonsets", "deployments", "replicasets", "statefulsets"],
        "autoscaling": ["horizontalpodautoscalers"],
        "batch": ["cronjobs", "jobs"],
        "certificates.k8s.io": ["certificatesigningrequests", "clustertrustbundles"],
        "coordination.k8s.io": ["leases"],
        "discovery.k8s.io": ["endpointslices"],
        "flowcontrol.apiserver.k8s.io": ["flowschemas", "prioritylevelconfigurations"],
        "networking.k8s.io": ["ingressclasses", "ipaddresses", "networkpolicies", "servicecidrs"],
        "node.k8s.io": ["runtimeclasses"],
        "policy": ["poddisruptionbudgets"],
        "rbac.authorization.k8s.io": ["clusterrolebindings", "clusterroles", "rolebindings", "roles"],
        "resource.k8s.io": ["deviceclasses", "resourceclaims", "resourceclaimtemplates", "resourceslices"],
        "scheduling.k8s.io": ["priorityclasses"],
        "storage.k8s.io": [
            "csidrivers", "csinodes", "csistoragecapacities", "storageclasses", "volumeattachments",
            "volumeattributesclasses",
        ],
    ]
    /// Those that have another name there.
    private static let special: [GroupResource: String] = [
        GroupResource(group: "", resource: "endpoints"): "services/endpoints",
        GroupResource(group: "", resource: "nodes"): "minions",
        GroupResource(group: "", resource: "replicationcontrollers"): "controllers",
        GroupResource(group: "", resource: "services"): "services/specs",
        GroupResource(group: "networking.k8s.io", resource: "ingresses"): "ingress",
    ]
    private static let places: [GroupResource: String] = {
        var places = special
        for (group, names) in plain {
            for name in names { places[GroupResource(group: group, resource: name)] = name }
        }
        return places
    }()
    private static let resources = Dictionary(uniqueKeysWithValues: places.map { ($0.value, $0.key) })

    // MARK: - parts

    private static let slash = UInt8(ascii: "/")
    private static let percent = UInt8(ascii: "%")

    private static func append(_ text: String, to bytes: inout [UInt8]) {
        for byte in text.utf8 {
            if byte == slash || byte == percent {
                bytes.append(percent)
                bytes += Array((byte == slash ? "2F" : "25").utf8)
            } else {
                bytes.append(byte)
            }
        }
    }

    /// nil if no key of this program has such a part.
    private static func text(_ part: ArraySlice<UInt8>) -> String? {
        guard part.contains(percent) else { return String(validating: part, as: UTF8.self) }
        var bytes: [UInt8] = []
        var rest = part
        while let byte = rest.popFirst() {
            guard byte == percent else {
                bytes.append(byte)
                continue
            }
            switch rest.prefix(2) {
            case [0x32, 0x46]: bytes.append(slash)
            case [0x32, 0x35]: bytes.append(percent)
            default: return nil
            }
            rest.removeFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
