/// The conditions in an object's status, one of each type, in order.
///
/// Implements the rule common to all of Kubernetes: `lastTransitionTime` changes with the status, not with reason or
/// message. When to set a condition, and with which texts, is up to the caller.
package struct Conditions: Hashable, Sendable {
    package private(set) var list: [Value]

    package init(_ list: [Value]) { self.list = list }

    /// The conditions in `status.conditions`.
    package init(of object: Value) { list = object.items("status", "conditions") }

    package subscript(_ type: String) -> Value? { list.first { $0["type"]?.string == type } }

    /// `True`, `False`, `Unknown`, or nil if there is no such condition.
    package func status(_ type: String) -> String? { self[type]?["status"]?.string }
    package func reason(_ type: String) -> String? { self[type]?["reason"]?.string }
    package func isTrue(_ type: String) -> Bool { status(type) == "True" }

    /// The list as the value of the field `conditions`; nil if it is empty.
    package var value: Value? { list.isEmpty ? nil : .array(list) }

    /// Sets the status of a condition.
    ///
    /// - Parameters:
    ///   - reason, message: left out if nil.
    ///   - more: other fields of the condition; a `lastTransitionTime` among them overrides the rule.
    ///   - movesLast: moves the condition to the end, as some controllers do, instead of keeping its place.
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

    /// Replaces the condition of the same type, or appends the condition.
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
