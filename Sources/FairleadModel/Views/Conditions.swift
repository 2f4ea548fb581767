/// The conditions of an object's status, one of each type, in their order.
///
/// What all of Kubernetes has alike: `lastTransitionTime` moves with the status, not with reason or message. When a
/// condition is set at all, and what it says, is the rule of whoever sets it.
package struct Conditions: Hashable, Sendable {
    package private(set) var list: [Value]

    package init(_ list: [Value]) { self.list = list }

    /// Those of `status.conditions`.
    package init(of object: Value) { list = object.items("status", "conditions") }

    package subscript(_ type: String) -> Value? { list.first { $0["type"]?.string == type } }

    /// `True`, `False`, `Unknown`, or nil where there is no such condition.
    package func status(_ type: String) -> String? { self[type]?["status"]?.string }
    package func reason(_ type: String) -> String? { self[type]?["reason"]?.string }
    package func isTrue(_ type: String) -> Bool { status(type) == "True" }

    /// The list as the field `conditions` has it; nil if there is none.
    package var value: Value? { list.isEmpty ? nil : .array(list) }

    /// Says that the condition has this status now.
    ///
    /// - Parameters:
    ///   - reason, message: left out where they are nil.
    ///   - more: other fields of the condition; `lastTransitionTime` among them goes before the rule.
    ///   - movesLast: puts it at the end, as some controllers do, instead of where it was.
    package mutating func set(
        _ type: String, _ status: String, reason: String? = nil, message: String? = nil, more: Object = Object(),
        now: Timestamp, movesLast: Bool = false
    ) {
        let old = self[type]
        let since = old?["status"]?.string == status ? old?["lastTransitionTime"] : nil
        var condition: Object = ["type": .string(type), "status": .string(status)]
        condition["reason"] = reason.map { .string($0) }
        condition["message"] = message.map { .string($0) }
        condition["lastTransitionTime"] = since ?? .string(now.rfc3339)
        for (field, value) in more { condition[field] = value }
        put(.object(condition), movesLast: movesLast)
    }

    package mutating func set(
        _ type: String, _ isTrue: Bool, reason: String? = nil, message: String? = nil, more: Object = Object(),
        now: Timestamp, movesLast: Bool = false
    ) {
        set(
            type, isTrue ? "True" : "False", reason: reason, message: message, more: more, now: now,
            movesLast: movesLast)
    }

    /// Puts a whole condition in the place of the one of its type, or at the end.
    package mutating func put(_ condition: Value, movesLast: Bool = false) {
        let type = condition["type"]?.string
        guard let index = list.firstIndex(where: { $0["type"]?.string == type }) else {
            list.append(condition)
            return
        }
        if movesLast {
            list.remove(at: index)
            list.append(condition)
        } else {
            list[index] = condition
        }
    }

    package mutating func remove(_ type: String) { list.removeAll { $0["type"]?.string == type } }
}
