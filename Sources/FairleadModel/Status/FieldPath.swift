/// The path of a field in an object, in Kubernetes' notation: `spec.ports[0].port`, `metadata.labels[app]`.
///
/// Validation creates a path for every field it checks, but prints only the few that are wrong: so a path is a linked
/// list of steps, and its text is built on demand.
package struct FieldPath: Sendable, CustomStringConvertible {
    private final class Node: Sendable {
        let parent: Node?
        let step: Step

        init(_ parent: Node?, _ step: Step) {
            self.parent = parent
            self.step = step
        }
    }

    private enum Step: Sendable {
        case name(String)
        case index(Int)
        case key(String)
    }

    private let last: Node?

    private init(_ last: Node?) { self.last = last }

    /// The path of the object itself: printed as the empty string here, and as `<nil>` in errors.
    package static let root = FieldPath(nil)

    package init(_ name: String) { last = Node(nil, .name(name)) }

    package init(_ first: String, _ rest: String...) {
        last = rest.reduce(Node(nil, .name(first))) { Node($0, .name($1)) }
    }

    package func child(_ name: String) -> FieldPath { FieldPath(Node(last, .name(name))) }

    package func child(_ names: String...) -> FieldPath {
        FieldPath(names.reduce(last) { Node($0, .name($1)) })
    }

    package func index(_ index: Int) -> FieldPath { FieldPath(Node(last, .index(index))) }
    package func key(_ key: String) -> FieldPath { FieldPath(Node(last, .key(key))) }

    package var description: String {
        var steps: [Step] = []
        var node = last
        while let current = node {
            steps.append(current.step)
            node = current.parent
        }
        var text = ""
        for step in steps.reversed() {
            switch step {
            case .name(let name): text += text.isEmpty ? name : "." + name
            case .index(let index): text += "[\(index)]"
            case .key(let key): text += "[" + key + "]"
            }
        }
        return text
    }
}

extension FieldPath: Hashable {
    package static func == (left: FieldPath, right: FieldPath) -> Bool { left.description == right.description }
    package func hash(into hasher: inout Hasher) { hasher.combine(description) }
}
