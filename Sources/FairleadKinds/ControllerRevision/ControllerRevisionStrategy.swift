import FairleadModel
import FairleadRules
import FairleadStorage

/// The rules of ControllerRevisions: data that never changes, and a revision number.
///
/// The data is compared as text, as Kubernetes does: what Go would write differently when it encodes the object is
/// changed by every patch, and by an update with the text that a GET shows. Of the text only that much is kept: an object
/// that is never served, beside the revision.
struct ControllerRevisionStrategy: ResourceStrategy {
    private static let looseData = GroupResource(group: "fairlead.internal", resource: "loosedata")

    let rawField: String? = "data"

    func validate(_ object: Value, _ context: StrategyContext) -> [FieldError] {
        let missing: [FieldError] =
            object["data"] == nil ? [.required(FieldPath("data"), "data is mandatory")] : []
        return FieldChecks.nonNegative(object["revision"], FieldPath("revision")) + missing
    }

    func validateUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        let wasLoose = context.snapshot.object(Self.key(old))?.value.uid == old.uid
        let data = FieldPath("data")
        return validate(object, context)
            + (wasLoose == context.isRawFieldLoose
                ? FieldChecks.unchanged(object["data"], old["data"], data)
                : [.invalid(data, object["data"] ?? .null, FieldChecks.immutable)])
    }

    func prepareForUpdate(_ object: inout Value, old: Value, _ context: StrategyContext) {}

    func allocate(
        _ object: inout Value?, old: Value?, in transaction: inout Transaction, _ context: StrategyContext
    ) throws(APIStatus) {
        if let old {
            let key = Self.key(old)
            if object == nil, context.snapshot.object(key) != nil { transaction.operations.append(.delete(key)) }
        } else if let object, context.isRawFieldLoose {
            let mark: Value = [
                "kind": "LooseData", "apiVersion": "fairlead.internal/v1",
                "metadata": [
                    "name": .string(object.name), "namespace": .string(object.namespace), "uid": .string(object.uid),
                ],
            ]
            transaction.operations.append(.put(Self.key(object), Document(mark)))
        }
    }

    private static func key(_ revision: Value) -> ObjectKey {
        ObjectKey(looseData, namespace: revision.namespace, name: revision.name)
    }
}
