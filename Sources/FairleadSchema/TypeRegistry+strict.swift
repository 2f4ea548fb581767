import FairleadModel

extension TypeRegistry {
    /// The complaints of a strict decoder about a JSON document, in document order.
    ///
    /// - Parameter body: has been parsed without an error.
    package func strictComplaints(about body: [UInt8], as typeName: String) -> [String] {
        guard let type = type(named: typeName) else { return [] }
        return JSON.strictComplaints(about: body, Shape.object(type)) { shape, name in
            switch shape {
            case .object, .recursive:
                guard let field = self.objectType(of: shape)?.field(name) else { return .unknown }
                return .known(field.shape)
            case .map(let element): return .known(element)
            default: return .known(nil)
            }
        } element: { shape in
            if case .list(let element) = shape { element } else { nil }
        }
    }
}
