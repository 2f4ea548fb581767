import FairleadKinds
import FairleadModel

extension Pipeline {
    func create(_ context: RequestContext, _ target: Target) throws(APIStatus) -> APIOutcome {
        let encoder = try encoder(for: context, target.kind)
        let (options, decoded) = try written(context, target.kind, options: "CreateOptions")
        return deferred(context) { () async throws(APIStatus) in
            let result = try await api.create(
                target.kind, namespace: target.namespace, decoded.object, options: options,
                ownership: .update(emptyLists: decoded.emptyLists))
            return try await answer(result, encoder, decoded.warnings)
        }
    }

    func replace(_ context: RequestContext, _ target: Target) throws(APIStatus) -> APIOutcome {
        let encoder = try encoder(for: context, target.kind)
        var (options, decoded) = try written(context, target.kind, options: "UpdateOptions")
        options.confirmCreation = creationCheck(context)
        return deferred(context) { [options, decoded] () async throws(APIStatus) in
            let result = try await api.update(
                target.kind, namespace: target.namespace, name: target.name, decoded.object,
                scope: target.scope, options: options, emptyLists: decoded.emptyLists)
            return try await answer(result, encoder, decoded.warnings)
        }
    }

    func patch(_ context: RequestContext, _ target: Target) throws(APIStatus) -> APIOutcome {
        let encoder = try encoder(for: context, target.kind)
        var options = try WriteOptions(context.request, kind: "PatchOptions")
        options.requester = context.requester
        if ApplyRequest.isApply(context.request) {
            options.confirmCreation = creationCheck(context)
            let configuration = try ApplyRequest(context.request)
            return deferred(context) { [options] () async throws(APIStatus) in
                let result = try await api.apply(
                    target.kind, namespace: target.namespace, name: target.name, configuration, scope: target.scope,
                    options: options)
                return try await answer(result, encoder, [])
            }
        }
        if target.kind.custom != nil { try PatchRequest.checkCustom(context.request) }
        let patch = try PatchRequest(context.request, validation: options.fieldValidation)
        return deferred(context) { [options] () async throws(APIStatus) in
            let result = try await api.patch(
                target.kind, namespace: target.namespace, name: target.name, patch, scope: target.scope,
                options: options)
            return try await answer(result, encoder, [])
        }
    }

    /// An apply or a PUT that creates an object needs the right to do so.
    ///
    /// Reference: apiserver `endpoints/handlers`, `withAuthorization`.
    private func creationCheck(_ context: RequestContext) -> (@Sendable () throws(APIStatus) -> Void)? {
        if access.isUnrestricted(context.user) { return nil }
        var wanted = context.access
        wanted.verb = "create"
        return { [access, wanted] () throws(APIStatus) in
            if access.allows(wanted) { return }
            throw .forbidden(
                GroupResource(group: wanted.resource?.group ?? "", resource: wanted.resource?.resource ?? ""),
                name: wanted.resource?.name ?? "", access.decide(wanted).reason)
        }
    }

    func delete(_ context: RequestContext, _ target: Target) throws(APIStatus) -> APIOutcome {
        let encoder = try encoder(for: context, target.kind)
        var options = try DeletionOptions(context.request, api.decoder)
        options.requester = context.requester
        return deferred(context) { [options] () async throws(APIStatus) in
            let result = try await api.delete(
                target.kind, namespace: target.namespace, name: target.name, options: options)
            if result.isWaiting || target.kind.strategy.answersDeletedObject {
                // Other deletions still in progress are answered with 200 for the sake of old clients.
                let isCascading = result.isWaiting && options.orphanDependents == false
                return try response(
                    isCascading ? 202 : 200, encoder, [encoder.encode(try await shown(result.object, encoder))],
                    warnings: target.kind.readWarnings + warnings(of: options, target.kind) + result.warnings)
            }
            return deletedStatus(target.kind, result, encoder)
        }
    }

    func deleteCollection(_ context: RequestContext, _ target: Target) throws(APIStatus) -> APIOutcome {
        let encoder = try encoder(for: context, target.kind)
        let options = try ListOptions(context.request)
        try options.validate()
        var deletion = try DeletionOptions(context.request, api.decoder)
        let requester = context.requester
        deletion.requester = requester
        let selection = try Selection(target.kind, namespace: target.path.namespace, options: options)
        return deferred(context) { [deletion] () async throws(APIStatus) in
            let page = try await api.deleteCollection(target.kind, selection, options, options: deletion)
            return try response(
                200, encoder, encoder.encode(page), isList: true,
                warnings: target.kind.readWarnings + warnings(of: deletion, target.kind) + requester.notes.warnings)
        }
    }

    /// The warnings for a deletion that does not say what happens to the dependents.
    private func warnings(of options: DeletionOptions, _ kind: Kind) -> [String] {
        options.propagation == nil && kind.strategy.orphansByDefault ? kind.strategy.deletionWarnings : []
    }

    /// The options and the body of a create or update.
    private func written(
        _ context: RequestContext, _ kind: Kind, options name: String
    ) throws(APIStatus) -> (WriteOptions, BodyDecoder.Decoded) {
        var options = try WriteOptions(context.request, kind: name)
        let decoded = try decode(context, kind, options.fieldValidation)
        options.isRawFieldLoose = decoded.isRawFieldLoose
        options.requester = context.requester
        return (options, decoded)
    }

    func decode(
        _ context: RequestContext, _ kind: Kind, _ validation: WriteOptions.FieldValidation
    ) throws(APIStatus) -> BodyDecoder.Decoded {
        if let custom = kind.custom {
            return try api.decoder.decode(
                context.request, custom, validation: validation)
        }
        var decoded = try api.decoder.decode(
            context.request, as: kind.info.kind, apiVersion: kind.apiVersion, typeName: kind.info.typeName,
            validation: validation)
        if let conversion = kind.conversion { decoded.object = conversion.toStored(decoded.object) }
        if let field = kind.strategy.rawField, BodyDecoder.isJSON(context.request) {
            decoded.isRawFieldLoose = !JSON.isSpelledLikeGo(context.request.body, member: field)
        }
        return decoded
    }

    func answer(
        _ result: WriteResult, _ encoder: ObjectEncoder, _ warnings: [String]
    ) async throws(APIStatus) -> APIResponse {
        var stored = result.stored
        if let written = stored { stored = try await api.presentable([written], encoder.kind)[0] }
        let body = stored.map { encoder.encode($0) } ?? encoder.encode(encoder.presentUnstored(result.object))
        return try response(
            result.isCreated ? 201 : 200, encoder, [body],
            warnings: encoder.kind.readWarnings + warnings + result.warnings)
    }

    /// An object in its stored form, in the version of the path.
    private func shown(_ object: Value, _ encoder: ObjectEncoder) async throws(APIStatus) -> Value {
        guard encoder.kind.isConvertedByWebhook, let custom = encoder.kind.custom else {
            return encoder.present(object)
        }
        return encoder.present(try await api.converted([object], custom.definition, to: encoder.kind)[0])
    }

    private func deletedStatus(_ kind: Kind, _ result: DeletionResult, _ encoder: ObjectEncoder) -> APIResponse {
        let object = result.object
        let details = APIStatus.Details(
            name: object.name, group: kind.info.gvr.group, kind: kind.info.gvr.resource, uid: object.uid)
        let status: Value = [
            "kind": "Status", "apiVersion": "v1", "metadata": .object(Object()), "status": "Success",
            "details": .object(details.object),
        ]
        let format = ResponseFormat(encoding: encoder.format.encoding)
        return APIResponse(
            status: 200, contentType: format.contentType,
            headers: Self.warningHeaders(kind.readWarnings + result.warnings),
            body: [ObjectEncoder.bytes(status, format, api.types)])
    }
}

extension Pipeline.Target {
    var scope: API.UpdateScope { path.subresource.map { .subresource($0) } ?? .main }
}
