import FairleadKinds
import FairleadModel

/// Which requests are answered by the event loop that read them, and which are computed elsewhere.
///
/// The decision is made from what is known before any of the work is done: bytes, objects, format, rules.
extension Pipeline {
    /// Whether the request is too much for an event loop, whatever its answer. Lists are judged when their selectors are
    /// known.
    func isHeavy(_ context: RequestContext, _ target: Target) -> Bool {
        switch context.method {
        case .get: return target.path.subresource.map { !Self.isPlain($0) } ?? false
        case .delete:
            // A collection, or one object whose deletion may be the work of its finalizers and dependents.
            if target.path.name == nil { return true }
        case .post, .put, .patch:
            if !RequestWeight.isLightBody(context.request.body) { return true }
            // How long rules and patterns take is not to be seen from outside.
            if let version = target.kind.custom?.version, version.hasRules || version.schema.hasPatterns { return true }
            if target.kind.groupResource == CustomKinds.definitions { return true }
        default: return false
        }
        guard target.path.name != nil else { return false }
        let key = target.kind.key(namespace: target.namespace, name: target.name)
        return (api.store.current.object(key)?.bytes.count ?? 0) > RequestWeight.lightDocument
    }

    /// Subresources that are read like the object itself.
    private static func isPlain(_ subresource: String) -> Bool { subresource == "status" || subresource == "scale" }

    /// Whether so many objects have to be looked into, copied or encoded that an event loop cannot spare the time.
    func isHeavy(_ kind: Kind, _ selection: Selection, _ options: ListOptions, _ encoder: ObjectEncoder) -> Bool {
        // A past state is worked out from history.
        if !options.isWatch, !options.continueToken.isEmpty || options.asksForThePast { return true }
        if selection.name != nil, selection.namespace != nil || !kind.info.isNamespaced { return false }
        let count = api.store.current.count(kind.info.storage, namespace: selection.namespace)
        let isCut = selection.isEverything && options.limit > 0
        return !RequestWeight.isLightList(
            candidates: isCut ? min(count, Int(clamping: options.limit)) : count, terms: selection.termCount,
            isShared: encoder.sharesBytes || options.isWatch)
    }

    /// Hands work to the compute pool, with whatever comes after it. Cancelled work that has not begun is not begun.
    func computed(
        _ context: RequestContext, _ work: @escaping @Sendable () throws(APIStatus) -> APIOutcome
    ) -> APIOutcome {
        .computed {
            var outcome: APIOutcome
            do throws(APIStatus) {
                outcome = try work()
            } catch {
                outcome = .response(failure(error, context))
            }
            while true {
                switch outcome {
                case .deferred(let next), .computed(let next): outcome = await next()
                case .response, .stream: return outcome
                }
            }
        }
    }
}
