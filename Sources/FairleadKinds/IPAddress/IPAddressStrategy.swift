import FairleadRules
package import FairleadModel

/// networking.k8s.io/v1 IPAddress: the claim to one cluster IP, named after the address in canonical form.
///
/// Reference: KEP-1880.
package struct IPAddressStrategy: ResourceStrategy {
    package init() {}

    package func validate(_ object: Value, _ context: StrategyContext) -> [FieldError] {
        guard let parent = object.at("spec", "parentRef") else { return [.required(Self.path)] }
        return Self.errors(ofParent: parent)
    }

    private static let path = FieldPath("spec", "parentRef")

    /// Errors in the reference to the object that holds the address.
    static func errors(ofParent parent: Value) -> [FieldError] {
        var errors: [FieldError] = []
        let group = parent.text("group")
        if !group.isEmpty { errors += FieldChecks.dnsSubdomain(group, path.child("group")) }
        for field in ["resource", "name"] {
            let text = parent.text(field)
            errors +=
                text.isEmpty
                ? [.required(path.child(field))]
                : FieldChecks.messages(NameRules.pathSegment(text), value: text, path.child(field))
        }
        let namespace = parent.text("namespace")
        if !namespace.isEmpty {
            errors += FieldChecks.messages(NameRules.pathSegment(namespace), value: namespace, path.child("namespace"))
        }
        return errors
    }

    package func validateUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        let parent = object.at("spec", "parentRef")
        let errors = validate(object, context)
        if parent == old.at("spec", "parentRef") { return errors }
        guard let parent else { return errors + [.invalid(Self.path, pointer: nil, FieldChecks.immutable)] }
        // Printed as the internal struct, whose fields have no JSON names.
        let names = [("Group", "group"), ("Resource", "resource"), ("Namespace", "namespace"), ("Name", "name")]
        let fields = names.map { internalName, name in
            "\"\(internalName)\":\(Value.string(parent.text(name)).jsonText)"
        }
        let printed = "{" + fields.joined(separator: ",") + "}"
        return errors + [.invalid(Self.path, printed: printed, FieldChecks.immutable)]
    }

    package func nameErrors(_ name: String, isPrefix: Bool) -> [String] {
        isPrefix ? [] : IPText.canonicalAddressErrors(name)
    }
}
