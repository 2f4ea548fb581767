package import FairleadModel
package import FairleadSchema

extension StrategicMergePatch {
    /// Applies the patch to an object of a built-in type; for an unknown type, lists are replaced.
    package func applied(
        to object: Value, typeName: String, types: TypeRegistry
    ) throws(APIStatus) -> Value {
        try applied(to: object, schema: types.type(named: typeName).map { TypePatchSchema(type: $0, types: types) })
    }
}

/// A built-in type as a patch schema.
private struct TypePatchSchema: PatchSchema {
    let type: TypeSchema
    let types: TypeRegistry

    func patchField(_ name: String) -> PatchField? {
        guard let field = type.field(name) else { return nil }
        return PatchField(
            child: Self.schema(of: field.shape, types), mergeKey: field.mergeKey, strategies: field.patchStrategies)
    }

    static func schema(of shape: Shape, _ types: TypeRegistry) -> (any PatchSchema)? {
        switch shape {
        case .object(let type): TypePatchSchema(type: type, types: types)
        case .recursive(let name): types.type(named: name).map { TypePatchSchema(type: $0, types: types) }
        case .list(let element): schema(of: element, types)
        case .map(let element): MapPatchSchema(element: element, types: types)
        default: nil
        }
    }
}

/// A map: every member has the same type.
private struct MapPatchSchema: PatchSchema {
    let element: Shape
    let types: TypeRegistry

    func patchField(_ name: String) -> PatchField? {
        PatchField(child: TypePatchSchema.schema(of: element, types))
    }
}
