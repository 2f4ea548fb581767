package import FairleadModel
package import FairleadSchema

/// A patched object as kube-apiserver quotes it when refusing it: what the patch has looked into has its members sorted
/// by name, everything else has the order of Go's structs.
///
/// Reference: `applyPatchToCurrentObject` of k8s.io/apiserver `endpoints/handlers/patch.go`; the JSON patch library
/// decodes a document only as far as it has to.
package struct PatchedText {
    private let types: TypeRegistry

    package init(types: TypeRegistry) { self.types = types }

    /// - Parameters:
    ///   - type: of the object; nil for custom ones, which have no structs.
    ///   - opened: an object for each object or list that the patch has looked into, by name or index.
    package func text(of object: Value, type: TypeSchema?, opened: Value) -> String {
        var text = ""
        write(object, type.map { .object($0) } ?? .any, opened, to: &text)
        return text
    }

    private func write(_ value: Value, _ shape: Shape, _ opened: Value?, to text: inout String) {
        switch value {
        case .object(let object):
            let type = types.objectType(of: shape)
            var names = object.members.map(\.key)
            if opened?.object == nil, let type { names.sort { order(of: $0, in: type) < order(of: $1, in: type) } }
            text += "{"
            for (index, name) in names.enumerated() {
                if index > 0 { text += "," }
                text += Value.string(name).goJSONText + ":"
                let inner: Shape
                if case .map(let element) = shape { inner = element } else { inner = type?.field(name)?.shape ?? .any }
                write(object[name] ?? .null, inner, opened?[name], to: &text)
            }
            text += "}"
        case .array(let list):
            let element: Shape
            if case .list(let shape) = shape { element = shape } else { element = .any }
            text += "["
            for (index, value) in list.enumerated() {
                if index > 0 { text += "," }
                write(value, element, opened?[String(index)], to: &text)
            }
            text += "]"
        default: text += value.goJSONText
        }
    }

    /// Kind and apiVersion come first in every struct, the other fields in the order of their protobuf numbers, as in
    /// the structs.
    private func order(of name: String, in type: TypeSchema) -> (Int, Int) {
        if let number = type.field(name)?.protoNumber { return (number, 0) }
        if name == "kind" { return (0, 0) }
        if name == "apiVersion" { return (0, 1) }
        for part in type.protoInline { if let number = part.fields[name] { return (part.number, number) } }
        return (.max, 0)
    }
}

extension JSONPatch {
    /// The `opened` argument of `PatchedText`: all paths, without their last steps.
    package var opened: Value {
        let ways = operations.flatMap { operation in
            ["path", "from"].compactMap { member -> ArraySlice<String>? in
                guard let path = operation[member]?.string else { return nil }
                // Documents are not nested more deeply than this.
                return path.split(separator: "/", omittingEmptySubsequences: false).dropFirst().dropLast()
                    .prefix(JSON.maximumDepth)
                    .map { String($0).replacing("~1", with: "/").replacing("~0", with: "~") }[...]
            }
        }
        return Self.tree(of: ways)
    }

    private static func tree(of ways: [ArraySlice<String>]) -> Value {
        let byStep = Dictionary(grouping: ways.filter { !$0.isEmpty }) { $0[$0.startIndex] }
        return .object(Object(byStep.map { ($0.key, tree(of: $0.value.map { $0.dropFirst() })) }))
    }
}
