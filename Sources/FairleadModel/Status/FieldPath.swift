/// The path of a field inside an object, printed as Kubernetes prints it: `spec.ports[0].port`,
/// `metadata.labels[app]`.
package struct FieldPath: Hashable, Sendable, CustomStringConvertible {
    package let description: String

    /// The path of the object itself: prints as the empty string here, and as `<nil>` in errors.
    package static let root = FieldPath(description: "")

    private init(description: String) { self.description = description }

    package init(_ first: String, _ rest: String...) {
        description = ([first] + rest).joined(separator: ".")
    }

    package func child(_ names: String...) -> FieldPath {
        let tail = names.joined(separator: ".")
        return FieldPath(description: description.isEmpty ? tail : description + "." + tail)
    }

    package func index(_ index: Int) -> FieldPath { FieldPath(description: "\(description)[\(index)]") }
    package func key(_ key: String) -> FieldPath { FieldPath(description: "\(description)[\(key)]") }
}
