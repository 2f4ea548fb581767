import FairleadModel

/// What a pod's claims ask of its node. Reference: kube-scheduler's plugins VolumeBinding, VolumeZone and
/// VolumeRestrictions.
struct VolumeNeeds: Sendable {
    /// What the scheduler knows of claims, volumes and classes.
    struct Source: Sendable {
        var claim: @Sendable (ObjectName) -> Value?
        var volume: @Sendable (String) -> Value?
        var volumes: @Sendable () -> [Value]
        var storageClass: @Sendable (String) -> Value?
    }

    /// A claim that gets its volume when its pod gets its node.
    struct Delayed: Sendable {
        let claim: Value
        let storageClass: Value
        var name: ObjectName { ObjectName(namespace: claim.namespace, name: claim.name) }
    }

    /// What is done about a claim once the node is known.
    enum Binding: Sendable, Hashable {
        case volume(String, claim: ObjectName)
        /// Somebody makes a volume for this node.
        case provisioning(claim: ObjectName)
    }

    private(set) var bound: [Value] = []
    private(set) var delayed: [Delayed] = []
    private(set) var isVolumeLost = false
    /// The claims that only one pod may use.
    private(set) var exclusive: [ObjectName] = []
    /// Why no node is worth a look.
    private(set) var problem: String?
    private var free: [Value] = []

    init() {}

    /// - Parameter reserved: volumes that have been chosen for other claims just now.
    init(of pod: Value, claims: [ObjectName], _ source: Source, reserved: Set<String> = []) {
        if claims.isEmpty { return }
        let ephemeral = Set(
            pod.items("spec", "volumes").filter { $0["ephemeral"] != nil }.map { "\(pod.name)-\($0.text("name"))" })
        var present: [Value] = []
        for name in claims {
            guard let claim = source.claim(name) else {
                problem =
                    ephemeral.contains(name.name)
                    ? "waiting for ephemeral volume controller to create the persistentvolumeclaim \(name.name.goQuoted)"
                    : "persistentvolumeclaim \(name.name.goQuoted) not found"
                return
            }
            if claim.text("status", "phase") == "Lost" {
                problem =
                    "persistentvolumeclaim \(name.name.goQuoted) bound to non-existent persistentvolume "
                    + claim.text("spec", "volumeName").goQuoted
                return
            }
            if claim.deletionTimestamp != nil {
                problem = "persistentvolumeclaim \(name.name.goQuoted) is being deleted"
                return
            }
            if ephemeral.contains(name.name), claim.controllerRef?.uid != pod.uid {
                problem = "PVC \(name) was not created for pod \(pod.namespace)/\(pod.name) (pod is not owner)"
                return
            }
            present.append(claim)
        }
        sort(present, source, reserved)
    }

    private mutating func sort(_ claims: [Value], _ source: Source, _ reserved: Set<String>) {
        for claim in claims {
            if claim.texts("spec", "accessModes").contains("ReadWriteOncePod") {
                exclusive.append(ObjectName(namespace: claim.namespace, name: claim.name))
            }
            let volume = claim.text("spec", "volumeName")
            if !volume.isEmpty, claim.annotations[VolumeAnnotations.bindCompleted] != nil {
                if let volume = source.volume(volume) { bound.append(volume) } else { isVolumeLost = true }
                continue
            }
            let storageClass = source.storageClass(VolumeAnnotations.className(of: claim))
            guard volume.isEmpty, let storageClass,
                storageClass.text("volumeBindingMode") == "WaitForFirstConsumer"
            else {
                problem = "pod has unbound immediate PersistentVolumeClaims"
                return
            }
            delayed.append(Delayed(claim: claim, storageClass: storageClass))
        }
        if !delayed.isEmpty { free = source.volumes().filter { !reserved.contains($0.name) } }
    }

    func refusal(of node: NodeInfo) -> Refusal? {
        if isVolumeLost { return .lostVolume }
        var reasons: [String] = []
        let isElsewhere = bound.contains { volume in
            !NodeAffinity(nodeSelector: volume.at("spec", "nodeAffinity", "required"))
                .matches(name: node.name, labels: node.labels)
        }
        if isElsewhere { reasons += Refusal.volumeAffinity.reasons }
        if !delayed.isEmpty, bindings(on: node) == nil { reasons += Refusal.noVolume.reasons }
        if !reasons.isEmpty { return Refusal(.volumes, reasons) }
        return bound.allSatisfy { Self.isInZone($0, node) } ? nil : .volumeZone
    }

    /// How the claims without a volume get one on this node; nil if they do not.
    func bindings(on node: NodeInfo) -> [Binding]? {
        var result: [Binding] = []
        var taken: Set<String> = []
        for item in delayed {
            let selected = item.claim.annotations[VolumeAnnotations.selectedNode] ?? ""
            if !selected.isEmpty {
                if selected != node.name { return nil }
                result.append(.provisioning(claim: item.name))
                continue
            }
            let fitting = free.filter { volume in
                !taken.contains(volume.name)
                    && NodeAffinity(nodeSelector: volume.at("spec", "nodeAffinity", "required"))
                        .matches(name: node.name, labels: node.labels)
            }
            if let volume = VolumeMatching.best(for: item.claim, among: fitting, isDelayed: false) {
                taken.insert(volume.name)
                result.append(.volume(volume.name, claim: item.name))
            } else if Self.mayProvision(item.storageClass, node) {
                result.append(.provisioning(claim: item.name))
            } else {
                return nil
            }
        }
        return result
    }

    private static func mayProvision(_ storageClass: Value, _ node: NodeInfo) -> Bool {
        let provisioner = storageClass.text("provisioner")
        if provisioner.isEmpty || provisioner == "kubernetes.io/no-provisioner" { return false }
        let terms = storageClass.items("allowedTopologies")
        return terms.isEmpty
            || terms.contains { term in
                term.items("matchLabelExpressions").allSatisfy { expression in
                    node.labels[expression.text("key")].map(expression.texts("values").contains) ?? false
                }
            }
    }

    private static let zoneLabels = [
        "topology.kubernetes.io/zone", "topology.kubernetes.io/region", "failure-domain.beta.kubernetes.io/zone",
        "failure-domain.beta.kubernetes.io/region",
    ]

    /// Whether the node is where the labels of the volume say. Nodes that say nothing of places are everywhere.
    private static func isInZone(_ volume: Value, _ node: NodeInfo) -> Bool {
        guard zoneLabels.contains(where: { node.labels[$0] != nil }) else { return true }
        let labels = volume.labels
        return zoneLabels.allSatisfy { key in
            guard let places = labels[key] else { return true }
            guard let place = node.labels[key] else { return false }
            // Several places are joined by two underscores.
            return "__\(places)__".contains("__\(place)__")
        }
    }
}
