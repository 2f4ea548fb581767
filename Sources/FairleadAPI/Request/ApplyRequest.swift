import FairleadMerge
import FairleadModel
import FairleadSchema

/// The body of a PATCH of type `application/apply-patch+yaml`: a configuration in YAML, which includes JSON.
struct ApplyRequest: Sendable {
    let configuration: Value
    /// The YAML parser's complaints about duplicate members.
    private let duplicates: [String]

    static func isApply(_ request: APIRequest) -> Bool {
        let type = request.header("Content-Type")?.split(separator: ";").first.map { $0.trimmingSpaces }
        return type == "application/apply-patch+yaml"
    }

    /// - Throws: 400 for a body that is not YAML, or not an object.
    init(_ request: APIRequest) throws(APIStatus) {
        let parsed = try Self.parse(request.body)
        switch parsed.value {
        case .object: configuration = parsed.value
        case .null: configuration = .object(Object())
        default:
            throw .badRequest(
                "error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal \(parsed.value.jsonTypeName) into Go value of type map[string]interface {}"
            )
        }
        duplicates = parsed.duplicateLines
    }

    /// Most clients send JSON, whose own parser is faster.
    private static func parse(_ body: [UInt8]) throws(APIStatus) -> JSON.Parsed {
        if body.first == UInt8(ascii: "{"), let parsed = try? JSON.parse(body), parsed.duplicateFields.isEmpty {
            return parsed
        }
        do {
            return try YAML.parse(body)
        } catch {
            throw .badRequest("error decoding YAML: error converting YAML to JSON: \(error.message)")
        }
    }

    /// - Throws: 400 for a configuration of another kind, or one that sets managedFields.
    func checkKind(is kind: String, apiVersion: String) throws(APIStatus) {
        guard configuration["kind"]?.string == kind, configuration["apiVersion"]?.string == apiVersion else {
            throw .badRequest("invalid object type: \(configuration.kindText)")
        }
        if let entries = configuration.at("metadata", "managedFields"), !entries.isNull {
            throw .badRequest("metadata.managedFields must be nil")
        }
    }

    /// Treats duplicate members as `validation` says: refuses them or returns warnings.
    func warnings(_ validation: WriteOptions.FieldValidation) throws(APIStatus) -> [String] {
        guard validation != .ignore, !duplicates.isEmpty else { return [] }
        if validation == .strict {
            let why = YAML.duplicateKeys(duplicates)
            throw .badRequest("error strict decoding YAML: error converting YAML to JSON: \(why)")
        }
        return duplicates
    }
}
