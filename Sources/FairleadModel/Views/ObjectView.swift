/// A typed, read-only view of an object's tree. Missing fields read as their zero values, as in Go's structs; nothing
/// is validated or copied.
package protocol ObjectView: Sendable {
    var value: Value { get }
    init(_ value: Value)
}

extension ObjectView {
    package init(_ object: StoredObject) { self.init(object.value) }

    package var metadata: Value { value["metadata"] ?? .null }
    package var namespace: String { value.text("metadata", "namespace") }
    package var name: String { value.text("metadata", "name") }
    package var uid: String { value.text("metadata", "uid") }
    package var labels: [String: String] { value.at("metadata", "labels")?.stringMap ?? [:] }
    package var annotations: [String: String] { value.at("metadata", "annotations")?.stringMap ?? [:] }
    /// The time as written, or nil if no deletion has been requested.
    package var deletionTimestamp: String? { value.at("metadata", "deletionTimestamp")?.string }
    package var isTerminating: Bool { deletionTimestamp != nil }

    /// An entry of `status.conditions`.
    package func condition(_ type: String) -> Value? {
        value.at("status", "conditions")?.array?.first { $0["type"]?.string == type }
    }

    /// `True`, `False`, `Unknown`, or nil if there is no such condition.
    package func conditionStatus(_ type: String) -> String? { condition(type)?["status"]?.string }
}

/// Nearly all paths have one or two steps: those need no array.
extension Value {
    /// The string at a path, or "".
    package func text(_ name: String) -> String { self[name]?.string ?? "" }
    package func text(_ first: String, _ second: String) -> String { at(first, second)?.string ?? "" }
    package func text(_ first: String, _ second: String, _ third: String, _ rest: String...) -> String {
        at(first, second, third)?.at(rest[...])?.string ?? ""
    }

    /// The bool at a path, or false.
    package func flag(_ name: String) -> Bool { self[name]?.bool ?? false }
    package func flag(_ first: String, _ second: String) -> Bool { at(first, second)?.bool ?? false }

    /// The elements of the list at a path.
    package func items(_ name: String) -> [Value] { self[name]?.array ?? [] }
    package func items(_ first: String, _ second: String) -> [Value] { at(first, second)?.array ?? [] }
    package func items(_ first: String, _ second: String, _ third: String, _ rest: String...) -> [Value] {
        at(first, second, third)?.at(rest[...])?.array ?? []
    }

    /// The strings of the list at a path.
    package func texts(_ path: String...) -> [String] { at(path[...])?.array?.compactMap(\.string) ?? [] }
}
