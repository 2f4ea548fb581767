import FairleadMerge
import FairleadModel

extension API {
    private static let scaleType = "io.k8s.api.autoscaling.v1.Scale"

    private func scaleOwnership(_ manager: String, _ operation: FieldOwner.Operation) throws(APIStatus)
        -> FieldOwnership
    {
        guard let type = types.type(named: Self.scaleType) else { throw .internalError("no schema of Scale") }
        let owner = FieldOwner(
            manager: manager, operation: operation, apiVersion: "autoscaling/v1", subresource: "scale")
        return FieldOwnership(type: type, types: types, owner: owner, now: environment.now(), shared: fieldsV1)
    }

    /// Records the manager that changed `old` into `scale`.
    func trackScale(_ scale: inout Value, old: Value, manager: String) {
        guard let ownership = try? scaleOwnership(manager, .update) else { return }
        scale.set(ownership.managedFields(afterUpdate: scale, of: old), at: "metadata", "managedFields")
    }

    /// The result of applying a configuration to `scale`: decoded, with its managedFields.
    func applied(_ request: ApplyRequest, toScale scale: Value, _ options: WriteOptions) throws(APIStatus) -> Value {
        try request.checkKind(is: "Scale", apiVersion: "autoscaling/v1")
        let merged = try scaleOwnership(options.fieldManager, .apply).apply(
            request.configuration, to: scale, isNew: false, force: options.force ?? false
        ).object
        return try decoder.structure(
            merged, duplicates: [], kind: "Scale", apiVersion: "autoscaling/v1", typeName: Self.scaleType,
            validation: .ignore
        ).object
    }
}
