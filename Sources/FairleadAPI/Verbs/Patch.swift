package import FairleadKinds
import FairleadMerge
package import FairleadModel
import FairleadSchema

/// A parsed PATCH body, ready to be applied to the object as it is at that moment.
package struct PatchRequest: Sendable {
    private enum Form: Sendable {
        case json(JSONPatch)
        case merge(MergePatch)
        case strategicMerge(StrategicMergePatch)
    }

    private let form: Form
    /// The original patch, which is quoted when its result is refused.
    private let body: [UInt8]
    /// A strict decoder's complaints about the patch itself.
    let complaints: [String]

    /// Whether the result has the type that was patched, whatever kind it claims to be: a strategic merge works within
    /// the type's own struct, others are decoded anew.
    var isDecodedAsTarget: Bool { if case .strategicMerge = form { true } else { false } }

    /// Parses the body by its content type.
    ///
    /// - Throws: 415 for an unknown form of patch, 400 for a body that is not a patch.
    init(_ request: APIRequest, validation: WriteOptions.FieldValidation = .warn) throws(APIStatus) {
        let isStrict = validation != .ignore
        body = request.body
        switch Self.type(of: request) {
        case "application/json-patch+json":
            let parsed = try Self.parse(body) { JSONPatch.undecodable($0, isStrict: isStrict) }
            let patch = try JSONPatch(parsed, isStrict: isStrict)
            form = .json(patch)
            complaints = patch.complaints
        case "application/merge-patch+json":
            let parsed = try Self.parse(body) { .undecodablePatch($0.message) }
            form = .merge(try MergePatch(parsed.value))
            complaints = BodyDecoder.complaints(parsed.duplicateFields, [])
        case "application/strategic-merge-patch+json":
            let parsed = try Self.parse(body, StrategicMergePatch.undecodable)
            form = .strategicMerge(try StrategicMergePatch(parsed.value))
            complaints = BodyDecoder.complaints(parsed.duplicateFields, [])
        default:
            throw APIStatus(
                code: 415, reason: "UnsupportedMediaType", message: "415: Unsupported Media Type", details: .init())
        }
    }

    /// The patch type, compared exactly as written.
    private static func type(of request: APIRequest) -> String {
        request.header("Content-Type")?.split(separator: ";").first.map { $0.trimmingSpaces } ?? ""
    }

    private static func parse(
        _ body: [UInt8], _ refusal: (JSON.ParseError) -> APIStatus
    ) throws(APIStatus) -> JSON.Parsed {
        do throws(JSON.ParseError) {
            return try JSON.parse(body)
        } catch {
            throw refusal(error)
        }
    }

    /// A merge patch created by this program itself.
    package init(merging body: Value) throws(APIStatus) {
        form = .merge(try MergePatch(body))
        self.body = body.jsonBytes
        complaints = []
    }

    /// The patched object, before it is checked against its schema.
    func apply(to object: Value, typeName: String, types: TypeRegistry) throws(APIStatus) -> Value {
        switch form {
        case .json(let patch):
            do throws(APIStatus) {
                return try patch.applied(to: object)
            } catch {
                throw error == .tooDeep ? refusal(error, nil, types) : error
            }
        case .merge(let patch): return patch.applied(to: object)
        case .strategicMerge(let patch): return try patch.applied(to: object, typeName: typeName, types: types)
        }
    }

    /// The error for a patch whose result is not a valid object of the kind: 422 about the field `patch`.
    ///
    /// - Parameters:
    ///   - patched: the result of the patch; null if there is none.
    ///   - type: of the object; nil for custom ones.
    func refusal(_ status: APIStatus, of patched: Value = .null, _ type: TypeSchema?, _ types: TypeRegistry)
        -> APIStatus
    {
        // Decoders complain as `Kind in version "v" cannot be handled as a Kind: why`; only the reason is kept here.
        let why = status.message.tail(after: "cannot be handled as a ").map { tail in
            String(tail.drop { $0 != ":" }.dropFirst(2))
        }
        return .invalid(
            group: "", kind: "", name: "",
            errors: [
                FieldError(
                    .invalid, field: "patch", printedValue: quoted(patched, type, types), detail: why ?? status.message)
            ])
    }

    /// The result, or the patch itself if it is merged before anything is decoded.
    private func quoted(_ patched: Value, _ type: TypeSchema?, _ types: TypeRegistry) -> String {
        let opened: Value
        switch form {
        case .json(let patch): opened = patch.opened
        case .merge(let patch): opened = patch.opened
        case .strategicMerge:
            // What was parsed once can be parsed again.
            return "\"" + ((try? JSON.parse(body))?.value.goText ?? "") + "\""
        }
        if patched.isNull { return String(decoding: body, as: UTF8.self).goQuoted }
        return PatchedText(types: types).text(of: patched, type: type, opened: opened).goQuoted
    }
}

extension String {
    /// What follows the first occurrence of `text`.
    fileprivate func tail(after text: String) -> Substring? {
        var rest = self[...]
        while !rest.isEmpty {
            if rest.hasPrefix(text) { return rest.dropFirst(text.count) }
            rest = rest.dropFirst()
        }
        return nil
    }
}

extension API {
    /// Patches the object `name`. The patch is reapplied if another writer was faster.
    package func patch(
        _ kind: Kind, namespace: String, name: String, _ patch: PatchRequest, scope: UpdateScope = .main,
        options: WriteOptions = WriteOptions()
    ) async throws(APIStatus) -> WriteResult {
        try await modify(kind, namespace: namespace, name: name, scope: scope, options: options) {
            (old, _) throws(APIStatus) in
            let current = kind.conversion?.fromStored(old) ?? old
            let patched = try patch.apply(to: current, typeName: kind.info.typeName, types: types)
            var result =
                if let custom = kind.custom {
                    try structure(patched, patch, custom, options)
                } else {
                    try structure(patched, patch, kind.info.kind, kind.apiVersion, kind.info.typeName, options)
                }
            do throws(APIStatus) {
                try checkConversion(kind, result.object)
            } catch {
                throw patch.refusal(error, of: patched, types.type(named: kind.info.typeName), types)
            }
            try setNamespace(kind, namespace: namespace, &result.object)
            try Self.checkName(of: result.object, is: name)
            if let conversion = kind.conversion { result.object = conversion.toStored(result.object) }
            return Modification(
                object: result.object, warnings: result.warnings, isReplayable: true,
                ownership: .update(emptyLists: result.emptyLists))
        }
    }

    /// Checks the result of a patch as an object of its kind.
    func structure(
        _ patched: Value, _ patch: PatchRequest, _ kind: String, _ apiVersion: String, _ typeName: String,
        _ options: WriteOptions
    ) throws(APIStatus) -> BodyDecoder.Decoded {
        do {
            let isKind = patched["kind"]?.string == kind && patched["apiVersion"]?.string == apiVersion
            guard isKind || patch.isDecodedAsTarget else {
                throw APIStatus.badRequest(
                    "\(patched["kind"]?.string ?? "") in version \((patched["apiVersion"]?.string ?? "").goQuoted) cannot be handled as a \(kind): no kind \((patched["kind"]?.string ?? "").goQuoted) is registered for version \((patched["apiVersion"]?.string ?? "").goQuoted)"
                )
            }
            return try decoder.structure(
                patched, complaints: patch.complaints, kind: kind, apiVersion: apiVersion, typeName: typeName,
                validation: options.fieldValidation)
        } catch let status as APIStatus {
            throw patch.refusal(status, of: patched, types.type(named: typeName), types)
        } catch {
            throw .internalError(String(describing: error))
        }
    }
}
