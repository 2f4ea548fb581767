package import FairleadModel
package import FairleadSchema

/// Merges what a mutating policy wants into an object, without recording who owns what.
///
/// Reference: k8s.io/apiserver `pkg/admission/plugin/policy/mutating/patch/smd.go`.
package struct ConfigurationMerge {
    private let type: TypeSchema
    private let types: TypeRegistry

    package init(_ type: TypeSchema, _ types: TypeRegistry) {
        self.type = type
        self.types = types
    }

    /// Why a configuration cannot be applied, in Kubernetes' words.
    package struct Refusal: Error {
        package let text: String
    }

    package func merged(_ configuration: Value, into live: Value) throws(Refusal) -> Value {
        if let complaint = AppliedConfiguration.complaint(about: configuration, type, types) {
            throw Refusal(text: "failed to convert patch object to typed object: " + complaint)
        }
        var atomics: [String] = []
        find(&atomics, configuration, MergeType(.object(type)), at: "")
        if !atomics.isEmpty {
            throw Refusal(
                text: "invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: "
                    + atomics.joined(separator: ", "))
        }
        return TypedMerge(types: types).merge(live, configuration, type)
    }

    /// Finds what would be replaced as a whole, although the author may think of it as merged.
    private func find(_ found: inout [String], _ value: Value, _ place: MergeType, at path: String) {
        switch (value, place.form(types)) {
        case (.object, .leaf), (.array, .leaf):
            if found.count < 100 { found.append(path) }
        case (.object(let object), .structure(let schema)):
            for member in object.members {
                guard let field = schema.field(member.key) else { continue }
                find(&found, member.value, MergeType(field), at: path + "." + member.key)
            }
        case (.array(let list), .keyedList(let element, _)):
            for (index, item) in list.enumerated() { find(&found, item, element, at: path + "[\(index)]") }
        default: break
        }
    }
}
