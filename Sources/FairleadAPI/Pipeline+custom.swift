import FairleadKinds
import FairleadModel

extension Pipeline {
    /// Resolves a path of a custom kind.
    ///
    /// - Returns: nil for a path that does not exist, which is not answered with a Status here.
    /// - Throws: 404 for an unknown subresource.
    func resolveCustom(_ kind: Kind, _ path: RequestPath) throws(APIStatus) -> Target? {
        if kind.info.isNamespaced ? (path.namespace == nil && path.name != nil) : path.namespace != nil { return nil }
        if let subresource = path.subresource, kind.info.subresource(subresource) == nil {
            throw kind.notFound(path.name ?? "")
        }
        if let name = path.name, let why = Self.fault(inName: name) {
            throw .badRequest("Name parameter invalid: \(name.goQuoted): \(why)")
        }
        return Target(kind: kind, path: path)
    }

    /// Whether a write names a collection of a namespaced kind without a namespace: there is nothing to write to.
    static func isUnscopedWrite(_ context: RequestContext, _ target: Target) -> Bool {
        target.kind.custom != nil && target.kind.info.isNamespaced && target.path.namespace == nil
            && context.method != .get
    }
}
