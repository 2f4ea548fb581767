import FairleadModel

/// The query of a list, watch or deletecollection (meta/v1 ListOptions).
struct ListOptions: Sendable {
    var labelSelector = LabelSelector(matchLabels: [:])
    var fieldSelector: FieldSelector?
    var isWatch = false
    var allowsBookmarks = false
    var resourceVersion = ""
    var resourceVersionMatch = ""
    var timeoutSeconds: Int64?
    var limit: Int64 = 0
    var continueToken = ""
    var sendInitialEvents: Bool?

    /// Whether the list is requested at a revision that may be in the past.
    var asksForThePast: Bool {
        !resourceVersion.isEmpty && resourceVersion != "0"
            && (resourceVersionMatch == "Exact" || resourceVersionMatch.isEmpty && limit > 0)
    }

    init() {}

    init(_ request: APIRequest) throws(APIStatus) {
        // If a name occurs twice, the first value wins; the others are not even parsed.
        var seen: Set<String> = []
        for (name, value) in request.query where seen.insert(name).inserted {
            switch name {
            case "labelSelector":
                if !value.isEmpty { labelSelector = try parsed { try LabelSelector(parsing: $0) }(value) }
            case "fieldSelector":
                if !value.isEmpty { fieldSelector = try parsed { try FieldSelector(parsing: $0) }(value) }
            case "watch": isWatch = QueryValue.bool(value)
            case "allowWatchBookmarks": allowsBookmarks = QueryValue.bool(value)
            case "resourceVersion": resourceVersion = value
            case "resourceVersionMatch": resourceVersionMatch = value
            case "timeoutSeconds": timeoutSeconds = try QueryValue.integer(value)
            case "limit": limit = try QueryValue.integer(value) ?? 0
            case "continue": continueToken = value
            case "sendInitialEvents": sendInitialEvents = QueryValue.bool(value)
            default: break
            }
        }
    }

    /// The combinations that meta/v1 forbids (`ValidateListOptions` of apimachinery's internalversion).
    func validate() throws(APIStatus) {
        let match = FieldPath("resourceVersionMatch")
        var errors: [FieldError] = []
        if isWatch {
            if sendInitialEvents != nil {
                if resourceVersionMatch != "NotOlderThan" {
                    errors.append(
                        .forbidden(match, "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"))
                }
                if !resourceVersionMatch.isEmpty, resourceVersionMatch != "NotOlderThan" {
                    errors.append(
                        .notSupported(match, .string(resourceVersionMatch), supported: ["NotOlderThan"]))
                }
                if !continueToken.isEmpty {
                    errors.append(.forbidden(match, "resourceVersionMatch is forbidden when continue is provided"))
                }
            } else if !resourceVersionMatch.isEmpty {
                errors.append(
                    .forbidden(
                        match, "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"))
            }
        } else {
            if !resourceVersionMatch.isEmpty {
                if resourceVersion.isEmpty {
                    errors.append(
                        .forbidden(match, "resourceVersionMatch is forbidden unless resourceVersion is provided"))
                }
                if !continueToken.isEmpty {
                    errors.append(.forbidden(match, "resourceVersionMatch is forbidden when continue is provided"))
                }
                if resourceVersionMatch != "Exact", resourceVersionMatch != "NotOlderThan" {
                    errors.append(
                        FieldError(
                            .notSupported, field: match.description, printedValue: resourceVersionMatch.goQuoted,
                            detail: "supported values: \"Exact\", \"NotOlderThan\", \"\""))
                }
                if resourceVersionMatch == "Exact", resourceVersion == "0" {
                    errors.append(
                        .forbidden(
                            match, "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\""))
                }
            }
            if sendInitialEvents != nil {
                errors.append(
                    .forbidden(FieldPath("sendInitialEvents"), "sendInitialEvents is forbidden for list"))
            }
        }
        if !errors.isEmpty {
            throw .invalid(group: "meta.k8s.io", kind: "ListOptions", name: "", errors: errors)
        }
    }

    /// The revision that a GET, list or watch names; nil if none is given.
    ///
    /// - Parameter code: how Kubernetes answers something that is not a number: 400 for lists, 500 elsewhere.
    static func revision(_ text: String, failing code: Int) throws(APIStatus) -> Int64? {
        if text.isEmpty { return nil }
        if let number = UInt64(text), text.first != "+" { return Int64(clamping: number) }
        let why =
            "resourceVersion: Invalid value: \(text.goQuoted): \(QueryValue.complaint(about: text, isSigned: false))"
        if code == 400 { throw .badRequest("invalid resource version: \(why)") }
        throw APIStatus(code: code, reason: "", message: why)
    }
}

/// Runs a selector's parser and turns its error into a 400.
private func parsed<Selector>(
    _ parse: @escaping (String) throws -> Selector
) -> (String) throws(APIStatus) -> Selector {
    { (text) throws(APIStatus) in
        do {
            return try parse(text)
        } catch let error as SelectorError {
            throw .badRequest(error.message)
        } catch {
            throw .badRequest(String(describing: error))
        }
    }
}

/// Query values, parsed as Go does.
enum QueryValue {
    /// `false` and `0` are false; everything else, including the empty string, is true.
    static func bool(_ text: String) -> Bool { text != "0" && text.lowercased() != "false" }

    static func integer(_ text: String) throws(APIStatus) -> Int64? {
        if text.isEmpty { return nil }
        guard let number = Int64(text) else {
            throw .badRequest(complaint(about: text, isSigned: true))
        }
        return number
    }

    /// - Throws: 400 as Go's library says it.
    static func time(_ text: String) throws(APIStatus) -> Timestamp? {
        if text.isEmpty { return nil }
        guard let time = Timestamp(rfc3339: text) else {
            let (layout, quoted) = ("2006-01-02T15:04:05Z07:00", text.goQuoted)
            throw .badRequest("parsing time \(quoted) as \"\(layout)\": cannot parse \(quoted) as \"2006\"")
        }
        return time
    }

    /// What Go says about text that is not a 64-bit integer. It reads digit by digit: once a number is out of range,
    /// whatever follows does not matter.
    static func complaint(about text: String, isSigned: Bool) -> String {
        let function = isSigned ? "ParseInt" : "ParseUint"
        let digits = isSigned && (text.hasPrefix("+") || text.hasPrefix("-")) ? text.dropFirst() : text[...]
        var number: UInt64 = 0
        var isInteger = !digits.isEmpty
        for byte in digits.utf8 {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else {
                isInteger = false
                break
            }
            let (tens, isTooLarge) = number.multipliedReportingOverflow(by: 10)
            let (sum, isTooLargeNow) = tens.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
            if isTooLarge || isTooLargeNow { break }
            number = sum
        }
        return "strconv.\(function): parsing \(text.goQuoted): \(isInteger ? "value out of range" : "invalid syntax")"
    }
}
