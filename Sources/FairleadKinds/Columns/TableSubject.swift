package import FairleadModel

/// The object of a row, with the accessors that many columns share.
package struct TableSubject: Sendable {
    package let object: Value
    package let now: Timestamp

    package init(_ object: Value, now: Timestamp) {
        self.object = object
        self.now = now
    }

    subscript(path: String...) -> Value? { object.at(path[...]) }

    package var name: Value { .string(object.name) }
    var age: Value { .string(age(of: self["metadata", "creationTimestamp"])) }
    var createdAt: Value { self["metadata", "creationTimestamp"] ?? .string("<unknown>") }

    /// Time elapsed since a timestamp.
    func age(of time: Value?) -> String {
        guard let since = time?.string.flatMap({ Timestamp(rfc3339: $0) }) else { return "<unknown>" }
        return HumanDuration.text(now.since(since))
    }

    /// The string at a path, or `missing` if it is absent or empty.
    package func text(_ path: String..., or missing: String = "") -> Value {
        let text = object.at(path[...])?.string ?? ""
        return .string(text.isEmpty ? missing : text)
    }

    /// A count; 0 if absent.
    package func number(_ path: String...) -> Value { .int(object.at(path[...])?.int ?? 0) }

    package func count(_ path: String...) -> Int64 { object.at(path[...])?.int ?? 0 }

    /// The names, then the images, of a pod template's containers.
    func containers(_ path: String...) -> [Value] {
        let containers = object.at(path[...])?["containers"]?.array ?? []
        return ["name", "image"].map { field in
            .string(containers.map { $0[field]?.string ?? "" }.joined(separator: ","))
        }
    }

    /// A map of labels as `a=1,b=2`.
    func labels(_ path: String...) -> Value { .string(Self.labels(object.at(path[...])?.stringMap ?? [:])) }

    static func labels(_ map: [String: String]) -> String {
        if map.isEmpty { return "<none>" }
        return map.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
    }

    /// A LabelSelector in its text form.
    func selector(_ path: String...) -> Value {
        guard let selector = try? LabelSelector(labelSelector: object.at(path[...]) ?? .null) else { return "<error>" }
        let text = selector.description
        return .string(text.isEmpty ? "<none>" : text)
    }

    /// The first three of `items`, and how many more there are.
    static func firstThree(_ items: [String]) -> String {
        let shown = items.prefix(3).joined(separator: ",")
        return items.count > 3 ? "\(shown) + \(items.count - 3) more..." : shown
    }
}
