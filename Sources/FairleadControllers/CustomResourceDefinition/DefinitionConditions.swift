import FairleadModel

/// The conditions of a CustomResourceDefinition.
struct DefinitionConditions {
    private(set) var list: [Value]
    private let now: Timestamp

    init(_ definition: Value, now: Timestamp) {
        list = definition.items("status", "conditions")
        self.now = now
    }

    func holds(_ type: String) -> Bool { list.contains { $0["type"]?.string == type && $0["status"] == "True" } }

    /// The time moves with the status only.
    mutating func set(_ type: String, _ isTrue: Bool, _ reason: String, _ message: String) {
        let index = list.firstIndex { $0["type"]?.string == type }
        let status: Value = isTrue ? "True" : "False"
        let old = index.map { list[$0] }
        let time = old?["status"] == status ? old?["lastTransitionTime"] : nil
        let condition: Value = [
            "type": .string(type), "status": status, "reason": .string(reason), "message": .string(message),
            "lastTransitionTime": time ?? .string(now.rfc3339),
        ]
        if let index { list[index] = condition } else { list.append(condition) }
    }

    func put(into definition: inout Value) {
        definition.set(list.isEmpty ? .null : .array(list), at: "status", "conditions")
    }
}
