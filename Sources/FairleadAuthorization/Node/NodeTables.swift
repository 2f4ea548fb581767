import FairleadModel

/// Which objects are related to which node, through the pods on it.
struct NodeTables: CommitTables {
    static let pods = GroupResource(group: "", resource: "pods")
    static let volumes = GroupResource(group: "", resource: "persistentvolumes")
    static let attachments = GroupResource(group: "storage.k8s.io", resource: "volumeattachments")
    static let slices = GroupResource(group: "resource.k8s.io", resource: "resourceslices")
    /// What the tables are made from.
    static let sources = [pods, volumes, attachments, slices]

    private struct Pod: Sendable {
        var node: ByteText
        var references: Set<ObjectKey>
    }

    private struct Volume: Sendable {
        /// nil if it is bound to none.
        var claim: ObjectKey?
        var secrets: Set<ObjectKey>
    }

    private var podsByKey: [ObjectKey: Pod] = [:]
    /// How many pods of a node refer to an object; pods refer to themselves.
    private var references: [ByteText: [ObjectKey: Int]] = [:]
    private var volumesByKey: [ObjectKey: Volume] = [:]
    /// The volumes that need a secret.
    private var volumesBySecret: [ObjectKey: Set<ObjectKey>] = [:]
    /// The nodes of attachments and resource slices, which name theirs.
    private var nodes: [ObjectKey: ByteText] = [:]

    /// - Parameter object: nil if it has been deleted.
    mutating func set(_ key: ObjectKey, _ object: Value?) {
        switch key.resource {
        case Self.pods: setPod(key, object)
        case Self.volumes: setVolume(key, object)
        default:
            let node = object?.text("spec", "nodeName") ?? ""
            nodes[key] = node.isEmpty ? nil : ByteText(node)
        }
    }

    private mutating func setPod(_ key: ObjectKey, _ pod: Value?) {
        if let old = podsByKey.removeValue(forKey: key) {
            for reference in old.references {
                let left = (references[old.node]?[reference] ?? 1) - 1
                references[old.node]?[reference] = left > 0 ? left : nil
            }
            if references[old.node]?.isEmpty == true { references[old.node] = nil }
        }
        guard let pod else { return }
        let node = pod.text("spec", "nodeName")
        if node.isEmpty { return }
        var new = Pod(node: ByteText(node), references: PodReferences.isMirror(pod) ? [] : PodReferences.of(pod))
        new.references.insert(key)
        podsByKey[key] = new
        for reference in new.references { references[new.node, default: [:]][reference, default: 0] += 1 }
    }

    private mutating func setVolume(_ key: ObjectKey, _ volume: Value?) {
        if let old = volumesByKey.removeValue(forKey: key) {
            for secret in old.secrets {
                volumesBySecret[secret]?.remove(key)
                if volumesBySecret[secret]?.isEmpty == true { volumesBySecret[secret] = nil }
            }
        }
        guard let volume else { return }
        let claim = volume.at("spec", "claimRef").map { reference in
            ObjectKey(
                PodReferences.claims, namespace: reference.text("namespace"), name: reference.text("name"))
        }
        let new = Volume(claim: claim, secrets: PodReferences.secrets(ofVolume: volume))
        volumesByKey[key] = new
        for secret in new.secrets { volumesBySecret[secret, default: []].insert(key) }
    }

    /// Whether the node needs the object: for a pod on it, or for a volume that such a pod has claimed.
    func isRelated(_ key: ObjectKey, to node: String) -> Bool {
        let node = ByteText(node)
        if let own = nodes[key] { return own == node }
        let here = references[node] ?? [:]
        if here[key] != nil { return true }
        func isMounted(_ volume: ObjectKey) -> Bool { volumesByKey[volume]?.claim.map { here[$0] != nil } ?? false }
        if key.resource == Self.volumes { return isMounted(key) }
        return volumesBySecret[key]?.contains(where: isMounted) ?? false
    }
}
