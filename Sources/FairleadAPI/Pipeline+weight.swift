import FairleadKinds
import FairleadModel

/// Which requests are answered by the event loop that read them, and which are computed elsewhere.
///
/// The decision uses only what is known before any of the work is done: bytes, objects, format, rules, and the weight
/// of a custom kind's schema and columns.
extension Pipeline {
    /// Whether the request is too much for an event loop, whatever its answer. Lists are judged once their selectors
    /// are known.
    func isHeavy(_ context: RequestContext, _ target: Target) -> Bool {
        if isAdmissionLaborious(context, target) { return true }
        let weight = weight(context, target)
        switch context.method {
        case .get:
            guard let subresource = target.path.subresource else { return false }
            if !Self.plain.contains(subresource) { return true }
        case .delete:
            // A collection, or one object whose deletion may involve many finalizers and dependents.
            if target.path.name == nil { return true }
        case .post, .put, .patch:
            if !RequestWeight.isLightBody(context.request.body, weight: weight) { return true }
            // The cost of rules and patterns cannot be judged from outside.
            if let version = target.kind.custom?.version, version.hasRules || version.schema.hasPatterns { return true }
            if target.kind.groupResource == CustomKinds.definitions { return true }
            if isHeavyAdmission(context, target) { return true }
        default: return false
        }
        guard target.path.name != nil else { return false }
        let key = target.kind.key(namespace: target.namespace, name: target.name)
        return (api.store.current.object(key)?.bytes.count ?? 0) *| weight > RequestWeight.lightDocument
    }

    /// Whether somebody admits the request whose work cannot be judged: policies, and webhooks with conditions.
    private func isAdmissionLaborious(_ context: RequestContext, _ target: Target) -> Bool {
        if api.admission.isEmpty { return false }
        func isLaborious(_ operation: AdmissionOperation) -> Bool {
            api.isAdmissionLaborious(
                operation, target.kind, subresource: target.path.subresource, api.store.current)
        }
        return switch context.method {
        case .post: isLaborious(.create)
        case .put, .patch: isLaborious(.update) || isLaborious(.create)
        case .delete: isLaborious(.delete)
        default: false
        }
    }

    /// The work that the request's objects take, as a multiple of that of ordinary ones.
    private func weight(_ context: RequestContext, _ target: Target) -> Int {
        guard let weight = target.kind.custom?.version.weight else { return 1 }
        let isTable = context.request.header("Accept")?.contains("as=Table") == true
        return max(weight.writing, isTable ? weight.printing : 1)
    }

    /// Subresources that are read like the object itself, or with which the work only begins.
    private static let plain: Set<String> = ["attach", "exec", "portforward", "proxy", "scale", "status"]

    /// Whether admission has much to read: the namespace's limits, and the classes and ranges it has to search.
    private func isHeavyAdmission(_ context: RequestContext, _ target: Target) -> Bool {
        let snapshot = api.store.current
        lazy var times = RequestWeight.comparisons(RequestWeight.parts(of: context.request.body))
        var room = RequestWeight.lightDocument
        for group in AdmissionSources.of(target.kind, subresource: target.path.subresource) {
            let namespace = group.isNamespaced ? target.namespace : nil
            for object in snapshot.objects(group.resource, namespace: namespace) {
                room -= object.bytes.count *| (group.isNamespaced ? times : 1)
                if room < 0 { return true }
            }
        }
        return false
    }

    /// Whether there are so many objects to inspect, copy or encode that an event loop cannot spare the time.
    func isHeavy(_ kind: Kind, _ selection: Selection, _ options: ListOptions, _ encoder: ObjectEncoder) -> Bool {
        // A past state is reconstructed from history.
        if !options.isWatch, !options.continueToken.isEmpty || options.asksForThePast { return true }
        let snapshot = api.store.current
        let candidates = api.candidates(kind, selection, snapshot, after: nil)
        var count = 1
        if selection.name == nil || selection.namespace == nil && kind.info.isNamespaced {
            count = snapshot.count(kind.info.storage, namespace: selection.namespace)
        }
        if selection.isEverything, !options.isWatch { count = min(count, options.limit(of: kind)) }
        let isShared = encoder.sharesBytes || options.isWatch
        guard RequestWeight.isLightList(candidates: count, terms: selection.termCount, isShared: isShared) else {
            return true
        }
        // Nothing is inspected or copied yet.
        if options.isWatch, selection.termCount == 0 { return false }
        // The head of a table contains its columns.
        if !isShared, encoder.isLaborious { return true }
        // Few enough to add up their sizes.
        var room = RequestWeight.lightBytes(terms: selection.termCount, isShared: isShared)
        for object in candidates.prefix(count) {
            room -= object.bytes.count *| (isShared ? 1 : encoder.weight)
            if room < 0 { return true }
        }
        return false
    }

    /// Hands work and its continuation to the compute pool. Work cancelled before it begins is never started.
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
                case .response, .stream, .longRunning, .session: return outcome
                }
            }
        }
    }
}
