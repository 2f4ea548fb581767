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
            return try answer(result, encoder, decoded.warnings)
        }
    }

    func replace(_ context: RequestContext, _ target: Target) throws(APIStatus) -> APIOutcome {
        let encoder = try encoder(for: context, target.kind)
        let (options, decoded) = try written(context, target.kind, options: "UpdateOptions")
        return deferred(context) { () async throws(APIStatus) in
            let result = try await api.update(
                target.kind, namespace: target.namespace, name: target.name, decoded.object,
                scope: target.scope, options: options, emptyLists: decoded.emptyLists)
            return try answer(result, encoder, decoded.warnings)
        }
    }

    func patch(_ context: RequestContext, _ target: Target) throws(APIStatus) -> APIOutcome {
        let encoder = try encoder(for: context, target.kind)
        let options = try WriteOptions(context.request, kind: "PatchOptions")
        if ApplyRequest.isApply(context.request) {
            let configuration = try ApplyRequest(context.request)
            return deferred(context) { () async throws(APIStatus) in
                let result = try await api.apply(
                    target.kind, namespace: target.namespace, name: target.name, configuration, scope: target.scope,
                    options: options)
                return try answer(result, encoder, [])
            }
        }
        if target.kind.custom != nil { try PatchRequest.checkCustom(context.request) }
        let patch = try PatchRequest(context.request, validation: options.fieldValidation)
        return deferred(context) { () async throws(APIStatus) in
            let result = try await api.patch(
                target.kind, namespace: target.namespace, name: target.name, patch, scope: target.scope,
                options: options)
            return try answer(result, encoder, [])
        }
    }

    func delete(_ context: RequestContext, _ target: Target) throws(APIStatus) -> APIOutcome {
        let encoder = try encoder(for: context, target.kind)
        let options = try DeletionOptions(context.request, api.decoder)
        return deferred(context) { () async throws(APIStatus) in
            let result = try await api.delete(
                target.kind, namespace: target.namespace, name: target.name, options: options)
            if result.isWaiting || target.kind.strategy.answersDeletedObject {
                // Other deletions still in progress are answered with 200 for the sake of old clients.
                let isCascading = result.isWaiting && options.orphanDependents == false
                return try response(
                    isCascading ? 202 : 200, encoder, [encoder.encode(encoder.present(result.object))],
                    warnings: target.kind.readWarnings + warnings(of: options, target.kind))
            }
            return deletedStatus(target.kind, result.object, encoder)
        }
    }

    func deleteCollection(_ context: RequestContext, _ target: Target) throws(APIStatus) -> APIOutcome {
        let encoder = try encoder(for: context, target.kind)
        let options = try ListOptions(context.request)
        try options.validate()
        let deletion = try DeletionOptions(context.request, api.decoder)
        let selection = try Selection(target.kind, namespace: target.path.namespace, options: options)
        return deferred(context) { () async throws(APIStatus) in
            let page = try await api.deleteCollection(target.kind, selection, options, options: deletion)
            return try response(
                200, encoder, encoder.encode(page), isList: true,
                warnings: target.kind.readWarnings + warnings(of: deletion, target.kind))
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
    ) throws(APIStatus) -> APIResponse {
        let body = result.stored.map { encoder.encode($0) } ?? encoder.encode(encoder.presentUnstored(result.object))
        return try response(
            result.isCreated ? 201 : 200, encoder, [body],
            warnings: encoder.kind.readWarnings + warnings + result.warnings)
    }

    private func deletedStatus(_ kind: Kind, _ object: Value, _ encoder: ObjectEncoder) -> APIResponse {
        let details = APIStatus.Details(
            name: object.name, group: kind.info.gvr.group, kind: kind.info.gvr.resource, uid: object.uid)
        let status: Value = [
            "kind": "Status", "apiVersion": "v1", "metadata": .object(Object()), "status": "Success",
            "details": .object(details.object),
        ]
        let format = ResponseFormat(encoding: encoder.format.encoding)
        return APIResponse(
            status: 200, contentType: format.contentType, headers: Self.warningHeaders(kind.readWarnings),
            body: [ObjectEncoder.bytes(status, format, api.types)])
    }
}

extension Pipeline.Target {
    var scope: API.UpdateScope { path.subresource.map { .subresource($0) } ?? .main }
}
