import FairleadModel

/// The form of metrics in the annotations of autoscaling/v1: the same as in v2, but flat and under other names.
struct MetricForm {
    /// A member of the old form, and its path in the new one, relative to the source.
    private struct Member {
        var name: String
        var place: [String]
        /// The value to write if it is absent.
        var zero: Value?
    }

    /// The desired metrics, and the ones last observed.
    static let specs = MetricForm(amounts: "target", prefix: "target")
    static let statuses = MetricForm(amounts: "current", prefix: "current")

    /// The members of a source, in the order in which Go writes them.
    private let sources: [(field: String, members: [Member])]
    private let amounts: String

    private init(amounts: String, prefix: String) {
        self.amounts = amounts
        func amount(_ name: String, _ field: String, zero: Value? = nil) -> Member {
            Member(name: name, place: [amounts, field], zero: zero)
        }
        let utilization = amount(prefix + "AverageUtilization", "averageUtilization")
        let average = amount(prefix + "AverageValue", "averageValue")
        let name = Member(name: "metricName", place: ["metric", "name"], zero: "")
        let selector = Member(name: "selector", place: ["metric", "selector"])
        let resource = [Member(name: "name", place: ["name"], zero: ""), utilization, average]
        let isStatus = prefix == "current"
        var podsAverage = average
        podsAverage.zero = "0"
        var used = average
        // In the old form the current value is not a pointer.
        if isStatus { used.zero = "0" }
        let ofResource = [resource[0], utilization, used]
        sources = [
            (
                "object",
                [
                    Member(name: "target", place: ["describedObject"], zero: .object(Object())), name,
                    amount(prefix + "Value", "value", zero: "0"), selector,
                    amount("averageValue", "averageValue"),
                ]
            ),
            ("pods", [name, podsAverage, selector]),
            ("resource", ofResource),
            ("containerResource", ofResource + [Member(name: "container", place: ["container"], zero: "")]),
            (
                "external",
                [
                    name, Member(name: "metricSelector", place: ["metric", "selector"]),
                    amount(prefix + "Value", "value", zero: isStatus ? "0" : nil), average,
                ]
            ),
        ]
    }

    func text(of metrics: [Value]) -> String {
        "[" + metrics.map(text).joined(separator: ",") + "]"
    }

    private func text(of metric: Value) -> String {
        var parts = ["\"type\":" + Value.string(metric.text("type")).jsonText]
        for source in sources {
            guard let value = metric[source.field] else { continue }
            let members = source.members.compactMap { member -> String? in
                guard let found = value.at(member.place[...]) ?? member.zero else { return nil }
                return "\"\(member.name)\":" + Self.text(of: found, member.place)
            }
            parts.append("\"\(source.field)\":{" + members.joined(separator: ",") + "}")
        }
        return "{" + parts.joined(separator: ",") + "}"
    }

    private static func text(of value: Value, _ place: [String]) -> String {
        switch place.last {
        case "selector": value.selectorText
        case "describedObject": value.jsonText(membersInOrder: ["kind", "name", "apiVersion"])
        default: value.jsonText
        }
    }

    /// The metrics in the v2 form; nil if the text is not a list of metrics.
    func read(_ text: String) -> [Value]? {
        guard let list = Self.json(text)?.array else { return nil }
        var metrics: [Value] = []
        for item in list {
            guard case .object = item, item["type"] == nil || item["type"]?.string != nil else { return nil }
            var metric: Value = ["type": .string(item.text("type"))]
            for source in sources {
                guard let old = item[source.field], !old.isNull else { continue }
                guard let new = self.source(old, source.field, source.members) else { return nil }
                metric[source.field] = new
            }
            metrics.append(metric)
        }
        return metrics
    }

    private func source(_ old: Value, _ field: String, _ members: [Member]) -> Value? {
        guard case .object = old else { return nil }
        var new: Value = .object(Object())
        for member in members {
            let value = old[member.name] ?? member.zero
            guard let value, !value.isNull else { continue }
            guard let checked = Self.checked(value, member.place) else { return nil }
            new.set(checked, at: member.place[...])
        }
        if amounts == "target" { new.set(.string(Self.targetType(new, field)), at: "target", "type") }
        return new
    }

    private static func targetType(_ source: Value, _ field: String) -> String {
        if source.at("target", "averageUtilization") != nil { return "Utilization" }
        if source.at("target", "averageValue") != nil { return "AverageValue" }
        return field == "resource" || field == "containerResource" ? "Utilization" : "Value"
    }

    /// The value, if it has the right type.
    private static func checked(_ value: Value, _ place: [String]) -> Value? {
        switch place.last {
        case "averageUtilization": return value.int.map { .int($0) }
        case "value", "averageValue":
            let text = value.string ?? value.jsonText
            return Quantity(text).map { .string($0.description) }
        case "selector": return selector(value)
        case "describedObject": return texts(value, ["kind", "name", "apiVersion"])
        default: return value.string.map { .string($0) }
        }
    }

    /// The named members, which must be strings; others are dropped.
    private static func texts(_ value: Value, _ names: [String]) -> Value? {
        guard case .object = value else { return nil }
        var result = Object()
        for name in names {
            guard let member = value[name], !member.isNull else { continue }
            guard let text = member.string else { return nil }
            result[name] = .string(text)
        }
        return .object(result)
    }

    private static func selector(_ value: Value) -> Value? {
        guard case .object = value else { return nil }
        var result = Object()
        if let labels = value["matchLabels"], !labels.isNull {
            guard let members = labels.object?.members, members.allSatisfy({ $0.value.string != nil }) else {
                return nil
            }
            result["matchLabels"] = labels
        }
        if let list = value["matchExpressions"], !list.isNull {
            guard let items = list.array else { return nil }
            var expressions: [Value] = []
            for item in items {
                guard var expression = texts(item, ["key", "operator"]) else { return nil }
                if let values = item["values"], !values.isNull {
                    guard let texts = values.array, texts.allSatisfy({ $0.string != nil }) else { return nil }
                    expression["values"] = values
                }
                expressions.append(expression)
            }
            result["matchExpressions"] = .array(expressions)
        }
        return .object(result)
    }

    /// Parses what a client wrote into an annotation; invalid JSON is ignored.
    static func json(_ text: String) -> Value? { try? JSON.parse(Array(text.utf8)).value }
}

/// The behavior in the API server's internal form, whose names begin with capitals.
enum BehaviorForm {
    static func read(_ text: String) -> Value? {
        guard let object = MetricForm.json(text)?.object else { return nil }
        var behavior = Object()
        for direction in ["scaleUp", "scaleDown"] {
            guard let rules = member(direction, of: object) else { continue }
            guard let rules = rules.object.flatMap(Self.rules) else { return nil }
            behavior[direction] = rules
        }
        return behavior.isEmpty ? nil : .object(behavior)
    }

    private static func rules(_ object: Object) -> Value? {
        var rules = Object()
        if let window = member("stabilizationWindowSeconds", of: object) {
            guard let window = window.int else { return nil }
            rules["stabilizationWindowSeconds"] = .int(window)
        }
        if let policy = member("selectPolicy", of: object) {
            guard let policy = policy.string else { return nil }
            rules["selectPolicy"] = .string(policy)
        }
        if let policies = member("policies", of: object) {
            guard let policies = policies.array else { return nil }
            var list: [Value] = []
            for policy in policies {
                guard let policy = policy.object else { return nil }
                list.append([
                    "type": .string(member("type", of: policy)?.string ?? ""),
                    "value": .int(member("value", of: policy)?.int ?? 0),
                    "periodSeconds": .int(member("periodSeconds", of: policy)?.int ?? 0),
                ])
            }
            rules["policies"] = .array(list)
        }
        if let tolerance = member("tolerance", of: object) {
            guard let amount = Quantity(tolerance.string ?? tolerance.jsonText) else { return nil }
            rules["tolerance"] = .string(amount.description)
        }
        return .object(rules)
    }

    /// Go's decoder ignores case; null counts as absent.
    private static func member(_ name: String, of object: Object) -> Value? {
        let found = object.members.last { $0.key.lowercased() == name.lowercased() }?.value
        return found.flatMap { $0.isNull ? nil : $0 }
    }
}

/// Conditions stored in an annotation.
enum ConditionForm {
    static func read(_ text: String) -> Value? {
        guard let list = MetricForm.json(text)?.array, !list.isEmpty else { return nil }
        var conditions: [Value] = []
        for item in list {
            guard case .object = item else { return nil }
            var condition = Object()
            for field in ["type", "status", "lastTransitionTime", "reason", "message"] {
                guard let value = item[field], !value.isNull else { continue }
                guard let text = value.string else { return nil }
                if field == "lastTransitionTime", Timestamp(rfc3339: text) == nil { return nil }
                condition[field] = .string(text)
            }
            conditions.append(.object(condition))
        }
        return .array(conditions)
    }
}
