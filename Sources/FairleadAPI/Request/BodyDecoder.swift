import FairleadModel
import FairleadSchema

/// Decodes the body of a request into an object of the kind that the path names.
struct BodyDecoder: Sendable {
    let types: TypeRegistry
    let resources: ResourceTable

    /// A decoded object, and the warnings about how it was written.
    struct Decoded {
        var object: Value
        var warnings: [String] = []
        /// `StructuralReport.emptyLists`.
        var emptyLists: [[String]] = []
        /// `StrategyContext.isRawFieldLoose`
        var isRawFieldLoose = false
    }

    /// The media type of the body, without parameters; empty if none is given, nil if it cannot be parsed.
    static func mediaType(of request: APIRequest) -> String? { MediaType.of(request.header("Content-Type")) }

    static func isJSON(_ request: APIRequest) -> Bool {
        let type = mediaType(of: request)
        return type == "" || type == "application/json"
    }

    static let unknownFormat = APIStatus(
        code: 415, reason: "UnsupportedMediaType",
        message:
            "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf"
    )

    /// Reads the body of a create or update as `kind` of `apiVersion`.
    ///
    /// Unknown and duplicate fields are dropped, reported or refused as `validation` says.
    /// - Throws: 400 with the decoder's complaint, 415 for an unsupported content type.
    func decode(
        _ request: APIRequest, as kind: String, apiVersion: String, typeName: String,
        validation: WriteOptions.FieldValidation
    ) throws(APIStatus) -> Decoded {
        if Self.isProtobuf(request) {
            return try decodeProtobuf(
                request.body, as: kind, apiVersion: apiVersion, typeName: typeName, validation: validation)
        }
        let parsed = try parse(request, kind: kind)
        var object = parsed.value
        if object.isNull { object = .object(Object()) }
        guard object.object != nil else {
            throw .badRequest(Self.notAnObject(object))
        }
        try checkKind(of: &object, is: kind, apiVersion: apiVersion)
        return try structure(
            object, duplicates: parsed.duplicateLines.isEmpty ? parsed.duplicateFields : [],
            lines: parsed.duplicateLines,
            written: Self.mediaType(of: request) == "application/yaml" ? nil : request.body,
            kind: kind, apiVersion: apiVersion, typeName: typeName,
            validation: validation)
    }

    /// The complaint about a body that is a list or a scalar.
    static func notAnObject(_ value: Value) -> String {
        "couldn't get version/kind; json parse error: json: cannot unmarshal \(value.jsonTypeName) into Go value of type struct { APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; Kind string \"json:\\\"kind,omitempty\\\"\" }"
    }

    /// Checks and normalises a tree (a decoded body, or the result of a patch).
    ///
    /// - Parameters:
    ///   - complaints: the complaints so far about how the object was written.
    ///   - written: the JSON text that the tree was read from, which determines the order of complaints; nil if it was
    ///     written in any other way.
    ///   - lines: the YAML parser's messages about duplicate keys: one complaint, but a warning for each.
    func structure(
        _ value: Value, complaints before: [String] = [], duplicates: [String] = [], lines: [String] = [],
        written: [UInt8]? = nil, kind: String, apiVersion: String, typeName: String,
        validation: WriteOptions.FieldValidation
    ) throws(APIStatus) -> Decoded {
        var object = value
        let version = apiVersion.split(separator: "/").last.map(String.init) ?? apiVersion
        let report: StructuralReport
        do {
            report = try types.normalize(&object, as: typeName)
        } catch {
            throw .badRequest("\(kind) in version \(version.goQuoted) cannot be handled as a \(kind): \(error.message)")
        }
        object["kind"] = .string(kind)
        object["apiVersion"] = .string(apiVersion)
        if validation == .ignore { return Decoded(object: object, emptyLists: report.emptyLists) }
        var complaints = before
        if let written, !duplicates.isEmpty || !report.unknownFields.isEmpty {
            complaints += types.strictComplaints(about: written, as: typeName)
        } else {
            complaints += Self.complaints(duplicates, report.unknownFields)
        }
        if validation == .strict, !complaints.isEmpty || !lines.isEmpty {
            let all = (lines.isEmpty ? [] : [YAML.duplicateKeys(lines)]) + complaints
            throw .badRequest(
                "\(kind) in version \(version.goQuoted) cannot be handled as a \(kind): strict decoding error: "
                    + all.joined(separator: ", "))
        }
        return Decoded(object: object, warnings: lines + complaints, emptyLists: report.emptyLists)
    }

    /// The complaints of one strict decoder.
    static func complaints(_ duplicates: [String], _ unknown: [String]) -> [String] {
        if duplicates.isEmpty, unknown.isEmpty { return [] }
        let all = duplicates.map { "duplicate field \"\($0)\"" } + unknown.map { "unknown field \"\($0)\"" }
        return Array(all.prefix(StrictComplaints.maximum))
    }

    private func parse(_ request: APIRequest, kind: String) throws(APIStatus) -> JSON.Parsed {
        do {
            switch Self.mediaType(of: request) {
            case "", "application/json": return try JSON.parse(request.body)
            case "application/yaml": return try YAML.parse(request.body)
            default:
                throw Self.unknownFormat
            }
        } catch let status as APIStatus {
            throw status
        } catch let error as JSON.ParseError {
            let why = "couldn't get version/kind; json parse error: \(error.message)"
            throw unrecognized(request.body, kind: kind, why: why)
        } catch let error as YAML.ParseError {
            throw unrecognized(request.body, kind: kind, why: error.message)
        } catch {
            throw unrecognized(request.body, kind: kind, why: String(describing: error))
        }
    }

    /// Kubernetes quotes the first 30 bytes: as text if they look like JSON, otherwise in hexadecimal.
    func unrecognized(_ body: [UInt8], kind: String, why: String) -> APIStatus {
        let head = body.prefix(30)
        var dump: String
        if head.isEmpty {
            dump = "<empty>"
        } else if head.first == UInt8(ascii: "{") {
            dump = String(decoding: head, as: UTF8.self)
        } else {
            let digits = Array("0123456789abcdef".utf8)
            dump = String(decoding: head.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
        }
        if body.count > head.count { dump += " ..." }
        return .badRequest("the object provided is unrecognized (must be of type \(kind)): \(why) (\(dump))")
    }

    /// A body may omit kind and apiVersion; if present, they must match the path.
    func checkKind(of object: inout Value, is kind: String, apiVersion: String) throws(APIStatus) {
        let given = object["kind"]?.string ?? ""
        let givenVersion = object["apiVersion"]?.string ?? ""
        if given.isEmpty || given == kind, givenVersion.isEmpty || givenVersion == apiVersion { return }
        let group = apiVersion.contains("/") ? String(apiVersion.prefix { $0 != "/" }) : ""
        let version = (givenVersion.isEmpty ? apiVersion : givenVersion)
        let shortVersion = version.split(separator: "/").last.map(String.init) ?? version
        let bodyKind = given.isEmpty ? kind : given
        if resources.resource(kind: bodyKind, apiVersion: version) != nil
            || types.hasKind(bodyKind, apiVersion: version)
        {
            let target = group.isEmpty ? "core" : String(group.prefix { $0 != "." })
            if version == apiVersion || bodyKind != kind {
                throw .badRequest(
                    "\(bodyKind) in version \(shortVersion.goQuoted) cannot be handled as a \(kind): converting (\(shortVersion).\(bodyKind)) to (\(target).\(kind)): unknown conversion"
                )
            }
        }
        if bodyKind == kind, !group.isEmpty, version.hasPrefix(group + "/") {
            throw .badRequest(
                "the API version in the data (\(version)) does not match the expected API version (\(apiVersion))")
        }
        throw .badRequest(
            "\(bodyKind) in version \(shortVersion.goQuoted) cannot be handled as a \(kind): no kind \(bodyKind.goQuoted) is registered for version \(version.goQuoted) in scheme \"pkg/api/legacyscheme/scheme.go:30\""
        )
    }
}
