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
    /// nil if the write needs no dynamic admission.
    package var requester: Requester?
    /// Refuses to create what is not there yet, for an apply or a PUT: that takes the right to create, too. nil where a
    /// create is what was allowed.
    var confirmCreation: (@Sendable () throws(APIStatus) -> Void)?
    /// The names of `fieldManager` and `fieldValidation` that the client gave, if any.
    private var givenManager = ""
    private var givenValidation = ""
    /// `StrategyContext.isRawFieldLoose`
    var isRawFieldLoose = false

    package init(
        isDryRun: Bool = false, fieldValidation: FieldValidation = .warn, fieldManager: String = "",
        requester: Requester? = nil
    ) {
        self.requester = requester
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
        givenManager = fieldManager
        if fieldManager.isEmpty { fieldManager = FieldOwner.manager(userAgent: request.header("User-Agent")) }
        let dryRun = request.query.filter { $0.name == "dryRun" }.map(\.value)
        if !dryRun.isEmpty {
            if dryRun.allSatisfy({ $0 == "All" }) { isDryRun = true } else { errors.append(Self.dryRunError(dryRun)) }
        }
        if let text = request.queryValue("fieldValidation"), !text.isEmpty {
            if let known = FieldValidation(rawValue: text) {
                fieldValidation = known
                givenValidation = text
            } else {
                errors.append(
                    .notSupported(
                        FieldPath("fieldValidation"), .string(text), supported: ["", "Ignore", "Strict", "Warn"]))
            }
        }
        if !errors.isEmpty { throw .invalid(group: "meta.k8s.io", kind: kind, name: "", errors: errors) }
    }

    /// The options as an object: what the client gave.
    ///
    /// - Parameter kind: the options of a patch are those of a create or an update to whoever admits it.
    func value(_ kind: String) -> Value {
        var object: Object = ["kind": .string(kind), "apiVersion": "meta.k8s.io/v1"]
        if isDryRun { object["dryRun"] = ["All"] }
        if !givenManager.isEmpty { object["fieldManager"] = .string(givenManager) }
        if !givenValidation.isEmpty { object["fieldValidation"] = .string(givenValidation) }
        return .object(object)
    }

    static func dryRunError(_ values: [String]) -> FieldError {
        .notSupported(FieldPath("dryRun"), .array(values.map { .string($0) }), supported: ["All"])
    }
}
