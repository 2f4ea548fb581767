package import FairleadModel

/// The spec of a CustomResourceDefinition in Kubernetes' internal form: what all versions have in common is moved to
/// the top level. Field paths in errors follow that form.
package struct DefinitionForm {
    /// What versions can have in common, and its name in messages.
    package enum Part: String, CaseIterable {
        case schema, subresources, additionalPrinterColumns, selectableFields

        var sharedName: String { self == .schema ? "validation" : rawValue }
    }

    package let versions: [Value]
    private let shared: Set<String>

    package init(_ spec: Value) {
        let versions = spec.items("versions")
        self.versions = versions
        var shared: Set<String> = []
        for part in Part.allCases {
            let first = versions.first?[part.rawValue]
            if versions.allSatisfy({ $0[part.rawValue] == first }) { shared.insert(part.rawValue) }
        }
        self.shared = shared
    }

    package func isShared(_ part: Part) -> Bool { shared.contains(part.rawValue) }

    /// Each distinct value of a part, with the path at which its errors are reported.
    package func each(_ part: Part) -> [(path: FieldPath, version: Value, value: Value)] {
        let spec = FieldPath("spec")
        if isShared(part) {
            guard let version = versions.first, let value = version[part.rawValue] else { return [] }
            return [(spec.child(part.sharedName), version, value)]
        }
        return versions.enumerated().compactMap { index, version in
            version[part.rawValue].map {
                (spec.child("versions").index(index).child(part.rawValue), version, $0)
            }
        }
    }

    /// The versions as Go prints them.
    package var printedVersions: String {
        let texts = versions.map { version in
            func text(_ key: String) -> String { (version[key] ?? .null).jsonText }
            func part(_ part: Part) -> String { isShared(part) ? "null" : text(part.rawValue) }
            return
                "{\"Name\":\(text("name")),\"Served\":\(version.flag("served")),\"Storage\":\(version.flag("storage")),\"Deprecated\":\(version.flag("deprecated")),\"DeprecationWarning\":\(text("deprecationWarning")),\"Schema\":\(part(.schema)),\"Subresources\":\(part(.subresources)),\"AdditionalPrinterColumns\":\(part(.additionalPrinterColumns)),\"SelectableFields\":\(part(.selectableFields))}"
        }
        return "[" + texts.joined(separator: ",") + "]"
    }
}
