import FairleadModel

extension Kind {
    static let binding = Kind(
        "Binding", resource: "bindings", verbs: ["create"], package: "core.v1")
}
