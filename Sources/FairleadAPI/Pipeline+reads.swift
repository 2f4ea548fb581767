import FairleadKinds
import FairleadModel
import FairleadStorage

extension Pipeline {
    func get(_ context: RequestContext, _ target: Target) throws(APIStatus) -> APIOutcome {
        // Nearly always the stored bytes are the answer.
        if target.kind.showsStoredBytes, context.request.query.isEmpty,
            ResponseFormat.isPlainJSON(context.request.header("Accept"))
        {
            let object = try api.store.current.existing(target.kind, namespace: target.namespace, name: target.name)
            return .response(
                APIResponse(
                    status: 200, contentType: "application/json",
                    headers: Self.warningHeaders(target.kind.readWarnings), body: [object.bytes]))
        }
        let encoder = try encoder(for: context, target.kind)
        if let revision = try ListOptions.revision(context.request.queryValue("resourceVersion") ?? "", failing: 500) {
            if let late = waitingForRevision(
                revision, context, then: { (context) throws(APIStatus) in try self.get(context, target) })
            {
                return late
            }
        }
        let object = try api.store.current.existing(target.kind, namespace: target.namespace, name: target.name)
        if target.kind.isConvertedByWebhook {
            return computed(context) {
                deferred(context) { () async throws(APIStatus) in
                    let shown = try await api.presentable([object], target.kind)[0]
                    return try response(200, encoder, [encoder.encode(shown)], warnings: encoder.kind.readWarnings)
                }
            }
        }
        // Stored bytes that are sent as they are cost nothing, however many.
        if encoder.sharesBytes || object.bytes.count *| encoder.weight <= RequestWeight.lightDocument {
            return try answer(object, encoder)
        }
        return computed(context) { () throws(APIStatus) in try answer(object, encoder) }
    }

    private func answer(_ object: StoredObject, _ encoder: ObjectEncoder) throws(APIStatus) -> APIOutcome {
        .response(try response(200, encoder, [encoder.encode(object)], warnings: encoder.kind.readWarnings))
    }

    func list(_ context: RequestContext, _ target: Target) throws(APIStatus) -> APIOutcome {
        var options = try ListOptions(context.request)
        options.isWatch = options.isWatch || target.path.isWatch
        let encoder = try encoder(for: context, target.kind, isWatch: options.isWatch, isList: true)
        try options.validate()
        let selection = try Selection(
            target.kind, namespace: target.path.namespace, name: target.path.isWatch ? target.path.name : nil,
            options: options)
        if isHeavy(target.kind, selection, options, encoder) {
            return computed(context) { [options] () throws(APIStatus) in
                try answer(context, target, selection, options, encoder, isComputing: true)
            }
        }
        return try answer(context, target, selection, options, encoder)
    }

    private func answer(
        _ context: RequestContext, _ target: Target, _ selection: Selection, _ options: ListOptions,
        _ encoder: ObjectEncoder, isComputing: Bool = false
    ) throws(APIStatus) -> APIOutcome {
        if options.isWatch { return try watch(context, target, selection, options, encoder) }
        if options.continueToken.isEmpty,
            let revision = try ListOptions.revision(options.resourceVersion, failing: 400),
            let late = waitingForRevision(
                revision, context, then: { (context) throws(APIStatus) in try self.list(context, target) })
        {
            return late
        }
        let page = try api.list(target.kind, selection, options)
        if target.kind.isConvertedByWebhook {
            return computed(context) {
                deferred(context) { () async throws(APIStatus) in
                    var page = page
                    page.objects = try await api.presentable(page.objects, target.kind)
                    return try response(
                        200, encoder, encoder.encode(page), isList: true, warnings: target.kind.readWarnings)
                }
            }
        }
        if isComputing, Self.isLarge(page) || encoder.isLaborious, let body = ListBody(page, encoder) {
            try encoder.checkShape(isList: true)
            return .stream(
                ListStream(body), contentType: encoder.format.contentType,
                headers: Self.warningHeaders(target.kind.readWarnings))
        }
        return .response(
            try response(200, encoder, encoder.encode(page), isList: true, warnings: target.kind.readWarnings))
    }

    /// Larger answers are encoded while they are sent: a client that does not read must not hold what it has asked for.
    private static let objectsHeld = 500
    private static let bytesHeld = 1 << 20

    private static func isLarge(_ page: ListPage) -> Bool {
        page.objects.count > objectsHeld || page.objects.reduce(0) { $0 +| $1.bytes.count } > bytesHeld
    }

    /// A watch that begins with the current state may ask for a future revision: it gets the state at that revision or
    /// later, or an error.
    private func watch(
        _ context: RequestContext, _ target: Target, _ selection: Selection, _ options: ListOptions,
        _ encoder: ObjectEncoder
    ) throws(APIStatus) -> APIOutcome {
        let headers = Self.warningHeaders(target.kind.readWarnings)
        let contentType = encoder.format.streamContentType
        if options.sendInitialEvents == true,
            let revision = try ListOptions.revision(options.resourceVersion, failing: 500),
            let late = waiting(
                for: revision, context,
                { (hasCome) throws(APIStatus) in
                    let stream =
                        hasCome
                        ? try api.watch(target.kind, selection, options, encoder: encoder)
                        : WatchStream(
                            failing: StorageError.tooLarge(requested: revision, current: api.store.current.revision),
                            selection: selection, encoder: encoder)
                    return .stream(stream, contentType: contentType, headers: headers)
                })
        {
            return late
        }
        let stream = try api.watch(target.kind, selection, options, encoder: encoder)
        return .stream(stream, contentType: contentType, headers: headers)
    }

    /// A read at a future revision waits for it, or fails.
    private func waitingForRevision(
        _ revision: Int64, _ context: RequestContext,
        then read: @escaping @Sendable (RequestContext) throws(APIStatus) -> APIOutcome
    ) -> APIOutcome? {
        waiting(for: revision, context) { (hasCome) throws(APIStatus) in
            guard hasCome else {
                throw StorageError.tooLarge(requested: revision, current: api.store.current.revision)
            }
            return try read(context)
        }
    }

    /// Waits briefly for a future revision, as kube-apiserver's watch cache does.
    ///
    /// - Parameter answer: receives whether the revision has been reached.
    /// - Returns: nil for a revision that is already there.
    private func waiting(
        for revision: Int64, _ context: RequestContext,
        _ answer: @escaping @Sendable (_ hasCome: Bool) throws(APIStatus) -> APIOutcome
    ) -> APIOutcome? {
        guard revision > api.store.current.revision else { return nil }
        return .deferred {
            let hasCome = await api.store.waitUntil(revision: revision, timeout: .seconds(3))
            do throws(APIStatus) {
                return try answer(hasCome)
            } catch {
                return .response(failure(error, context))
            }
        }
    }

    /// - Parameters:
    ///   - isList: whether the path is a collection.
    ///   - hasTables: false if the answer has no rows.
    ///   - hasProtobuf: whether the answer has a protobuf form, if it is not an object of the kind itself.
    func encoder(
        for context: RequestContext, _ kind: Kind, isWatch: Bool = false, isList: Bool = false, hasTables: Bool = true,
        hasProtobuf: Bool? = nil
    ) throws(APIStatus) -> ObjectEncoder {
        var offer = ResponseFormat.Offer(
            hasTables: hasTables, isRegistered: kind.custom == nil, isCollection: isList, isWatch: isWatch)
        // An event loop does this for every request, so it must not look up a type.
        offer.hasProtobuf = hasProtobuf ?? (kind.custom == nil)
        let format = try ResponseFormat.negotiate(accept: context.request.header("Accept"), offer)
        return ObjectEncoder(
            kind: kind, format: format, includeObject: try includeObject(context, format),
            environment: api.environment, types: api.types)
    }

    private func includeObject(
        _ context: RequestContext, _ format: ResponseFormat
    ) throws(APIStatus) -> TableOutput.IncludeObject {
        guard case .table = format.shape else { return .metadata }
        switch context.request.queryValue("includeObject") ?? "" {
        case "", "Metadata": return .metadata
        case "None": return .none
        case "Object": return .object
        case let other:
            throw .badRequest(
                "Unable to convert to Table as requested: includeObject: Invalid value: \(other.goQuoted): must be 'Metadata', 'Object', 'None', or empty"
            )
        }
    }
}
