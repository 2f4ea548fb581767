import FairleadMerge
import FairleadModel

/// The query of a create, update or patch (meta/v1 CreateOptions, UpdateOptions, PatchOptions), and what its body says
/// besides the object.
package struct WriteOptions: Sendable {
    package enum FieldValidation: String, Sendable {
        case ignore = "Ignore"
        case warn = "Warn"
        case strict = "Strict"
    }

    package var isDryRun = false
    package var fieldValidation = FieldValidation.warn
    package var fieldManager = ""
    package var force: Bool?
    /// `StrategyContext.isRawFieldLoose`
    var isRawFieldLoose = false

    package init(isDryRun: Bool = false, fieldValidation: FieldValidation = .warn, fieldManager: String = "") {
        self.isDryRun = isDryRun
        self.fieldValidation = fieldValidation
        self.fieldManager = fieldManager
    }

    /// - Parameter kind: `CreateOptions`, `UpdateOptions` or `PatchOptions`, for messages.
    init(_ request: APIRequest, kind: String) throws(APIStatus) {
        var errors: [FieldError] = []
        let isApply = kind == "PatchOptions" && ApplyRequest.isApply(request)
        if let force = request.queryValue("force") {
            self.force = QueryValue.bool(force)
            if kind == "PatchOptions", !isApply {
                errors.append(.forbidden(FieldPath("force"), "may not be specified for non-apply patch"))
            }
        }
        fieldManager = request.queryValue("fieldManager") ?? ""
        if isApply, fieldManager.isEmpty {
            errors.append(.required(FieldPath("fieldManager"), "is required for apply patch"))
        }
        errors += FieldOwner.errors(manager: fieldManager, FieldPath("fieldManager"))
        if fieldManager.isEmpty { fieldManager = FieldOwner.manager(userAgent: request.header("User-Agent")) }
        let dryRun = request.query.filter { $0.name == "dryRun" }.map(\.value)
        if !dryRun.isEmpty {
            if dryRun.allSatisfy({ $0 == "All" }) { isDryRun = true } else { errors.append(Self.dryRunError(dryRun)) }
        }
        if let text = request.queryValue("fieldValidation"), !text.isEmpty {
            if let known = FieldValidation(rawValue: text) {
                fieldValidation = known
            } else {
                errors.append(
                    .notSupported(
                        FieldPath("fieldValidation"), .string(text), supported: ["", "Ignore", "Strict", "Warn"]))
            }
        }
        if !errors.isEmpty { throw .invalid(group: "meta.k8s.io", kind: kind, name: "", errors: errors) }
    }

    static func dryRunError(_ values: [String]) -> FieldError {
        .notSupported(FieldPath("dryRun"), .array(values.map { .string($0) }), supported: ["All"])
    }
}
