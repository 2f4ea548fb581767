/// Why a node does not take a pod, in the words of kube-scheduler's plugins.
struct Refusal: Hashable, Sendable {
    /// The rules that can refuse a node, in the order in which they are asked. Also what has to change before another
    /// attempt makes sense.
    enum Rule: Hashable, Sendable, CaseIterable {
        case node, resources, ports, claims, volumes, spread, podAffinity
    }

    var rule: Rule
    var reasons: [String]
    /// Whether the node might take the pod if other pods left it.
    var isCurable: Bool

    init(_ rule: Rule, _ reasons: [String], isCurable: Bool = false) {
        self.rule = rule
        self.reasons = reasons
        self.isCurable = isCurable
    }

    static let unschedulable = Refusal(.node, ["node(s) were unschedulable"])
    static let taints = Refusal(.node, ["node(s) had untolerated taint(s)"])
    static let affinity = Refusal(.node, ["node(s) didn't match Pod's node affinity/selector"])
    static let ports = Refusal(
        .ports, ["node(s) didn't have free ports for the requested pod ports"], isCurable: true)
    static let exclusiveClaim = Refusal(
        .claims,
        ["node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode"],
        isCurable: true)
    static let volumeAffinity = Refusal(.volumes, ["node(s) didn't match PersistentVolume's node affinity"])
    static let noVolume = Refusal(.volumes, ["node(s) didn't find available persistent volumes to bind"])
    static let lostVolume = Refusal(
        .volumes, ["node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)"])
    static let volumeZone = Refusal(.volumes, ["node(s) had no available volume zone"])
    static let spread = Refusal(
        .spread, ["node(s) didn't match pod topology spread constraints"], isCurable: true)
    static let spreadLabel = Refusal(
        .spread, ["node(s) didn't match pod topology spread constraints (missing required label)"])
    static let podAffinity = Refusal(.podAffinity, ["node(s) didn't match pod affinity rules"])
    static let podAntiAffinity = Refusal(
        .podAffinity, ["node(s) didn't match pod anti-affinity rules"], isCurable: true)
    static let existingAntiAffinity = Refusal(
        .podAffinity, ["node(s) didn't satisfy existing pods anti-affinity rules"], isCurable: true)
}

/// The message of a pod that fits nowhere.
enum FitMessage {
    /// - Parameters:
    ///   - general: why no node was looked at, if that is so.
    ///   - preemption: what came of the attempt to make room; nil if room is being made.
    static func text(nodes: Int, general: String? = nil, refusals: [[String]], preemption: String?) -> String {
        var text = head(nodes)
        if let general {
            text += " \(general)."
        } else {
            let list = histogram(refusals)
            if !list.isEmpty { text += " \(list)." }
        }
        if let preemption { text += " \(preemption)" }
        return text
    }

    static func head(_ nodes: Int) -> String { "0/\(nodes) nodes are available:" }

    /// `2 this, 1 that`, sorted as texts.
    static func histogram(_ reasons: [[String]]) -> String {
        var counts: [String: Int] = [:]
        for list in reasons { for reason in list { counts[reason, default: 0] += 1 } }
        return counts.map { "\($0.value) \($0.key)" }.sorted().joined(separator: ", ")
    }
}
