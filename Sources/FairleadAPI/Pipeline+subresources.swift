import FairleadKinds
import FairleadMerge
import FairleadModel
import FairleadSchema

extension Pipeline {
    /// The subresources.
    func subresource(
        _ name: String, _ context: RequestContext, _ target: Target
    ) throws(APIStatus) -> APIOutcome {
        let info = target.kind.info.subresources.first { $0.name == name }
        guard let info, target.path.name != nil else { throw .unknownResource }
        let isPassed = name == "proxy" && context.method == .options
        guard isPassed || info.verbs.contains(context.verb.rawValue) else { throw .methodNotAllowed() }
        switch name {
        case "status", "finalize", "resize", "ephemeralcontainers", "approval":
            switch context.method {
            case .get: return try get(context, target)
            case .put: return try replace(context, target)
            default: return try patch(context, target)
            }
        case "scale": return try scale(context, target)
        case "token": return try requestToken(context, target)
        case "binding": return try bind(context, target)
        case "eviction": return try evict(context, target)
        case "log": return try log(context, target)
        case "exec", "attach", "portforward":
            return try connected(context, target, info) { () throws(APIStatus) in try talk(name, context, target) }
        case "proxy":
            return try connected(context, target, info) { () throws(APIStatus) in try proxy(context, target) }
        default:
            _ = try encoder(for: context, target.kind, hasTables: false)
            throw .methodNotAllowed()
        }
    }

    // MARK: - scale

    private static let scaleType = "io.k8s.api.autoscaling.v1.Scale"

    private func scale(_ context: RequestContext, _ target: Target) throws(APIStatus) -> APIOutcome {
        let kind = target.kind
        let encoder = try scaleEncoder(for: context, kind)
        let mapping = kind.scaleMapping
        switch context.method {
        case .get:
            let object = try api.store.current.existing(kind, namespace: target.namespace, name: target.name)
            @Sendable func answer(_ object: Value) throws(APIStatus) -> APIResponse {
                let scale = try mapping.scale(from: object)
                return try response(200, encoder, [encoder.encode(scale)], warnings: kind.readWarnings)
            }
            guard kind.isConvertedByWebhook else { return .response(try answer(kind.presented(object.value))) }
            return deferred(context) { () async throws(APIStatus) in
                try answer(try await api.presented(object, kind))
            }
        case .put:
            var options = try WriteOptions(context.request, kind: "UpdateOptions")
            options.requester = context.requester
            let decoded = try api.decoder.decode(
                context.request, as: "Scale", apiVersion: "autoscaling/v1", typeName: Self.scaleType,
                validation: options.fieldValidation)
            return changeScale(context, target, encoder, options, isPatch: false) { _ in
                (decoded.object, decoded.warnings)
            }
        default:
            var options = try WriteOptions(context.request, kind: "PatchOptions")
            options.requester = context.requester
            if ApplyRequest.isApply(context.request) {
                let configuration = try ApplyRequest(context.request)
                return changeScale(context, target, encoder, options, ownership: .settled) {
                    [options] (scale) throws(APIStatus) in
                    (try api.applied(configuration, toScale: scale, options), [])
                }
            }
            if kind.custom != nil { try PatchRequest.checkCustom(context.request) }
            let patch = try PatchRequest(context.request, validation: options.fieldValidation)
            return changeScale(context, target, encoder, options) { [options] (scale) throws(APIStatus) in
                let patched = try patch.apply(to: scale, typeName: Self.scaleType, types: api.types)
                let result = try api.structure(patched, patch, "Scale", "autoscaling/v1", Self.scaleType, options)
                return (result.object, result.warnings)
            }
        }
    }

    private static let scaleForm = AdmissionAttributes.Form.part(
        kind: "Scale", apiVersion: "autoscaling/v1", typeName: scaleType)

    private func scaleEncoder(for context: RequestContext, _ kind: Kind) throws(APIStatus) -> ObjectEncoder {
        var encoder = try encoder(for: context, kind, hasProtobuf: true)
        if kind.custom == nil { encoder.printer = .scale }
        encoder.internalType = kind.custom == nil ? "*autoscaling.Scale" : "*v1.Scale"
        return encoder
    }

    private func changeScale(
        _ context: RequestContext, _ target: Target, _ encoder: ObjectEncoder, _ options: WriteOptions,
        ownership: API.Ownership = .update(), isPatch: Bool = true,
        _ change: @escaping @Sendable (Value) throws(APIStatus) -> (Value, [String])
    ) -> APIOutcome {
        let mapping = target.kind.scaleMapping
        return deferred(context) { () async throws(APIStatus) in
            let result = try await api.modify(
                target.kind, namespace: target.namespace, name: target.name, scope: .main, options: options
            ) { (old, snapshot) async throws(APIStatus) in
                let owners = ScaleOwnership(
                    parent: old.at("metadata", "managedFields"), apiVersion: target.kind.apiVersion)
                var current = try mapping.scale(from: old)
                current.set(owners.ofScale, at: "metadata", "managedFields")
                var (scale, warnings) = try change(current)
                if case .update = ownership {
                    api.trackScale(&scale, old: current, manager: options.fieldManager)
                }
                try API.checkName(of: scale, is: target.name)
                let round = api.admissionRound(
                    .update, target.kind, subresource: "scale", form: Self.scaleForm, namespace: target.namespace,
                    name: target.name, options, snapshot)
                if let round {
                    scale = try await round.mutate(scale, old: current, warnings: &warnings) ?? scale
                }
                let before = current
                let errors = mapping.errors(of: scale)
                if !errors.isEmpty {
                    throw .invalid(group: "autoscaling", kind: "Scale", name: target.name, errors: errors)
                }
                var object = mapping.apply(scale, to: old)
                var revision = scale.at("metadata", "resourceVersion")
                // An update of a custom object must name a revision, but an update of its scale need not.
                let isUnconditional = revision?.string ?? "" == "" && target.kind.custom != nil
                if isUnconditional { revision = old.at("metadata", "resourceVersion") }
                object.set(revision, at: "metadata", "resourceVersion")
                let managed = owners.ofParent(scale: scale.at("metadata", "managedFields"))
                object.set(managed, at: "metadata", "managedFields")
                return API.Modification(
                    object: object, warnings: warnings, isReplayable: isPatch || isUnconditional,
                    ownership: .settled,
                    admission: round.map { round in
                        .part(round, old: before) { (new) throws(APIStatus) in try mapping.scale(from: new) }
                    })
            }
            var changed = target.kind.presented(result.object)
            if let stored = result.stored { changed = try await api.presented(stored, target.kind) }
            let scale = try mapping.scale(from: changed)
            return try response(200, encoder, [encoder.encode(scale)], warnings: result.warnings)
        }
    }

    // MARK: - binding and eviction

    func bind(_ context: RequestContext, _ target: Target) throws(APIStatus) -> APIOutcome {
        _ = try encoder(for: context, target.kind, hasTables: false)
        var options = try WriteOptions(context.request, kind: "CreateOptions")
        options.requester = context.requester
        let binding = try api.decoder.decode(
            context.request, as: "Binding", apiVersion: "v1", typeName: "io.k8s.api.core.v1.Binding",
            validation: options.fieldValidation)
        return deferred(context) { [options] () async throws(APIStatus) in
            try await api.bind(
                namespace: target.namespace, name: target.name, binding.object, pods: target.kind, options: options)
            return successStatus(201, context, warnings: binding.warnings + (context.notes?.warnings ?? []))
        }
    }

    private func evict(_ context: RequestContext, _ target: Target) throws(APIStatus) -> APIOutcome {
        _ = try encoder(for: context, target.kind, hasTables: false)
        var options = try WriteOptions(context.request, kind: "CreateOptions")
        options.requester = context.requester
        let eviction = try api.decoder.decode(
            context.request, as: "Eviction", apiVersion: "policy/v1", typeName: "io.k8s.api.policy.v1.Eviction",
            validation: options.fieldValidation)
        return deferred(context) { [options] () async throws(APIStatus) in
            try await api.evict(
                namespace: target.namespace, name: target.name, eviction.object, pods: target.kind, options: options)
            return successStatus(201, context, warnings: eviction.warnings + (context.notes?.warnings ?? []))
        }
    }

    private func successStatus(_ code: Int, _ context: RequestContext, warnings: [String]) -> APIResponse {
        let status: Value = [
            "kind": "Status", "apiVersion": "v1", "metadata": .object(Object()), "status": "Success",
            "code": .int(Int64(code)),
        ]
        let format = ResponseFormat.forErrors(accept: context.request.header("Accept"))
        return APIResponse(
            status: code, contentType: format.contentType, headers: Self.warningHeaders(warnings),
            body: [ObjectEncoder.bytes(status, format, api.types)])
    }
}
