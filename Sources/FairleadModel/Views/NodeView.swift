/// A core/v1 Node.
package struct NodeView: ObjectView {
    package let value: Value
    package init(_ value: Value) { self.value = value }

    /// Whether the condition `Ready` is True.
    package var isReady: Bool { conditionStatus("Ready") == "True" }
    /// Why the node is not ready, according to its condition `Ready`.
    package var unreadyReason: String {
        guard let condition = condition("Ready") else { return "it has never reported" }
        let message = condition.text("message")
        return message.isEmpty ? condition.text("reason") : message
    }
    /// `True`, `False`, `Unknown`, or nil for a node that has never reported.
    package var readyStatus: String? { conditionStatus("Ready") }
    /// Empty if the node has no zone label.
    package var zone: String { labels["topology.kubernetes.io/zone"] ?? "" }
    package var region: String { labels["topology.kubernetes.io/region"] ?? "" }
    package var isUnschedulable: Bool { value.flag("spec", "unschedulable") }
    package var podCIDRs: [String] { value.texts("spec", "podCIDRs") }
    package var providerID: String { value.text("spec", "providerID") }
    package var taints: [Taint] { value.items("spec", "taints").map(Taint.init) }
    package var addresses: [Address] {
        value.items("status", "addresses").map { Address(type: $0.text("type"), address: $0.text("address")) }
    }
    package var internalIPs: [String] { addresses.filter { $0.type == "InternalIP" }.map(\.address) }
    package var allocatable: [String: String] { value.at("status", "allocatable")?.stringMap ?? [:] }

    package struct Address: Hashable, Sendable {
        package var type: String
        package var address: String
    }
}

/// A taint of a Node.
package struct Taint: Hashable, Sendable {
    package var key: String
    package var value: String
    /// NoSchedule, PreferNoSchedule or NoExecute.
    package var effect: String
    /// As written (RFC 3339), for NoExecute taints of the node lifecycle controller.
    package var timeAdded: String?

    package init(key: String, value: String = "", effect: String, timeAdded: String? = nil) {
        self.key = key
        self.value = value
        self.effect = effect
        self.timeAdded = timeAdded
    }

    package init(_ value: Value) {
        self.init(
            key: value.text("key"), value: value.text("value"), effect: value.text("effect"),
            timeAdded: value["timeAdded"]?.string)
    }

    /// Taints are identified by key and effect.
    package func isSame(as other: Taint) -> Bool { key == other.key && effect == other.effect }

    package var object: Value {
        var object: Object = ["key": .string(key), "effect": .string(effect)]
        if !value.isEmpty { object["value"] = .string(value) }
        if let timeAdded { object["timeAdded"] = .string(timeAdded) }
        return .object(object)
    }
}

/// A toleration of a Pod.
package struct Toleration: Hashable, Sendable {
    package var key: String
    /// `Exists`, or `Equal` (also when empty).
    package var comparison: String
    package var value: String
    /// Empty means every effect.
    package var effect: String
    /// How long a NoExecute taint is tolerated; nil means forever.
    package var seconds: Int64?

    package init(_ value: Value) {
        key = value.text("key")
        comparison = value.text("operator")
        self.value = value.text("value")
        effect = value.text("effect")
        seconds = value["tolerationSeconds"]?.int
    }

    package func tolerates(_ taint: Taint) -> Bool {
        if !effect.isEmpty, effect != taint.effect { return false }
        if !key.isEmpty, key != taint.key { return false }
        if comparison == "Exists" { return true }
        return !key.isEmpty && value == taint.value
    }
}
