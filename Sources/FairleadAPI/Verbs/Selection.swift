import FairleadKinds
import FairleadModel

/// Which objects of a kind a list or watch selects.
struct Selection: Sendable {
    /// nil for all namespaces.
    let namespace: String?
    /// The single name asked for, if the field selector or the path gives one.
    let name: String?
    private let labels: LabelSelector
    private let fields: FieldSelector?
    private let strategy: any ResourceStrategy

    /// - Throws: 400 for a field that does not support selection.
    init(
        _ kind: Kind, namespace: String?, name: String? = nil, options: ListOptions
    ) throws(APIStatus) {
        strategy = kind.strategy
        labels = options.labelSelector
        fields = options.fieldSelector
        self.name = name ?? options.fieldSelector?.required("metadata.name")
        self.namespace = namespace
        let known = ["metadata.name", "metadata.namespace"]
        let own = kind.strategy.selectableFieldNames
        for requirement in options.fieldSelector?.requirements ?? []
        where !known.contains(requirement.field) && !own.contains(requirement.field) {
            throw .badRequest(
                !kind.strategy.hasFieldLabelConversion
                    ? "\(requirement.field.goQuoted) is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
                    : "field label not supported: \(requirement.field)")
        }
    }

    /// How many terms an object is matched against.
    var termCount: Int { labels.requirements.count + (fields?.requirements.count ?? 0) }

    /// Whether everything in the namespace is selected.
    var isEverything: Bool { labels.isEmpty && fields == nil && name == nil }

    /// The value that objects must have in the field, if they must have one.
    func required(_ field: String) -> String? { fields?.required(field) }

    func includes(_ object: StoredObject) -> Bool {
        if let namespace, object.key.namespace != namespace { return false }
        if let name, object.key.name != name { return false }
        // Fetched once: a version that has been replaced decodes it on each access.
        lazy var value = object.value
        if !labels.isEmpty, !labels.matches(labelsOf: value) { return false }
        guard let fields else { return true }
        var own: [String: String]?
        return fields.matches { field in
            switch field {
            case "metadata.name": return object.key.name
            case "metadata.namespace": return object.key.namespace
            default:
                let values = own ?? strategy.selectableFields(of: value)
                own = values
                return values[field] ?? ""
            }
        }
    }
}
