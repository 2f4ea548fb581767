package import FairleadModel

extension FieldChecks {
    private static let pathFormat = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+"
    private static let pathBytes = Set("/-._~%!$&'()*+,;=:".utf8)

    /// `acme.io/foo`: a domain and a path.
    ///
    /// Reference: IsDomainPrefixedPath of k8s.io/apimachinery `util/validation`.
    package static func domainPrefixedPath(_ text: String, _ here: FieldPath) -> [FieldError] {
        if text.isEmpty { return [.required(here)] }
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
            return [.invalid(here, .string(text), "must be a domain-prefixed path (such as \"acme.io/foo\")")]
        }
        let isPath = parts[1].utf8.allSatisfy { byte in
            let letter = byte | 0x20
            return letter >= UInt8(ascii: "a") && letter <= UInt8(ascii: "z")
                || byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") || pathBytes.contains(byte)
        }
        let path: [FieldError] =
            isPath
            ? []
            : [.invalid(here, .string(parts[1]), "Invalid path (regex used for validation is '\(pathFormat)')")]
        return dnsSubdomain(parts[0], here) + path
    }
}

extension FieldError {
    /// An `Invalid` error that does not print the value.
    package static func bare(_ path: FieldPath, _ detail: String) -> FieldError {
        FieldError(.invalid, field: path.description, printedValue: nil, detail: detail)
    }
}
