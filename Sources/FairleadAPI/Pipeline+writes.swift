import FairleadModel

extension Pipeline {
    func create(_ request: APIRequest, _ target: Target) throws(APIStatus) -> APIOutcome {
        let encoder = try encoder(for: request, target.kind)
        let options = try WriteOptions(request, kind: "CreateOptions")
        let decoded = try decode(request, target.kind, options.fieldValidation)
        return deferred(request) { () async throws(APIStatus) in
            let result = try await api.create(
                target.kind, namespace: target.namespace, decoded.object, options: options)
            return try answer(result, encoder, decoded.warnings)
        }
    }

    func replace(_ request: APIRequest, _ target: Target) throws(APIStatus) -> APIOutcome {
        let encoder = try encoder(for: request, target.kind)
        let options = try WriteOptions(request, kind: "UpdateOptions")
        let decoded = try decode(request, target.kind, options.fieldValidation)
        return deferred(request) { () async throws(APIStatus) in
            let result = try await api.update(
                target.kind, namespace: target.namespace, name: target.name, decoded.object,
                scope: target.scope, options: options)
            return try answer(result, encoder, decoded.warnings)
        }
    }

    func patch(_ request: APIRequest, _ target: Target) throws(APIStatus) -> APIOutcome {
        let encoder = try encoder(for: request, target.kind)
        let options = try WriteOptions(request, kind: "PatchOptions")
        if ApplyRequest.isApply(request) {
            let configuration = try ApplyRequest(request)
            return deferred(request) { () async throws(APIStatus) in
                let result = try await api.apply(
                    target.kind, namespace: target.namespace, name: target.name, configuration, scope: target.scope,
                    options: options)
                return try answer(result, encoder, [])
            }
        }
        if target.kind.custom != nil { try PatchRequest.checkCustom(request) }
        let patch = try PatchRequest(request, validation: options.fieldValidation)
        return deferred(request) { () async throws(APIStatus) in
            let result = try await api.patch(
                target.kind, namespace: target.namespace, name: target.name, patch, scope: target.scope,
                options: options)
            return try answer(result, encoder, [])
        }
    }

    func delete(_ request: APIRequest, _ target: Target) throws(APIStatus) -> APIOutcome {
        let encoder = try encoder(for: request, target.kind)
        let options = try DeletionOptions(request, api.decoder)
        return deferred(request) { () async throws(APIStatus) in
            let result = try await api.delete(
                target.kind, namespace: target.namespace, name: target.name, options: options)
            if result.isWaiting || target.kind.strategy.answersDeletedObject {
                // Other deletions that are not over yet are answered 200 for the sake of old clients.
                let isCascading = result.isWaiting && options.orphanDependents == false
                return try response(
                    isCascading ? 202 : 200, encoder, [encoder.encode(encoder.present(result.object))],
                    warnings: target.kind.readWarnings)
            }
            return deletedStatus(target.kind, result.object, encoder)
        }
    }

    func deleteCollection(_ request: APIRequest, _ target: Target) throws(APIStatus) -> APIOutcome {
        let encoder = try encoder(for: request, target.kind)
        let options = try ListOptions(request)
        try options.validate()
        let deletion = try DeletionOptions(request, api.decoder)
        let selection = try Selection(target.kind, namespace: target.path.namespace, options: options)
        return deferred(request) { () async throws(APIStatus) in
            let page = try await api.deleteCollection(target.kind, selection, options, options: deletion)
            return try response(
                200, encoder, encoder.encode(page), isList: true, warnings: target.kind.readWarnings)
        }
    }

    func decode(
        _ request: APIRequest, _ kind: Kind, _ validation: WriteOptions.FieldValidation
    ) throws(APIStatus) -> BodyDecoder.Decoded {
        if let custom = kind.custom { return try api.decoder.decode(request, custom, validation: validation) }
        var decoded = try api.decoder.decode(
            request, as: kind.info.kind, apiVersion: kind.apiVersion, typeName: kind.info.typeName,
            validation: validation)
        if kind.convertsEvents { decoded.object = EventConversion.toCore(decoded.object) }
        return decoded
    }

    func answer(
        _ result: WriteResult, _ encoder: ObjectEncoder, _ warnings: [String]
    ) throws(APIStatus) -> APIResponse {
        let body = result.stored.map { encoder.encode($0) } ?? encoder.encode(encoder.present(result.object))
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
