/// Whether a definition of custom resources in a group of the Kubernetes community has the approval that such groups
/// need.
///
/// Reference: k8s.io/apiextensions-apiserver `pkg/apihelpers` (GetAPIApprovalState).
package enum APIApproval: Sendable, Hashable {
    case missing, invalid, bypassed, approved

    package static let annotation = "api-approved.kubernetes.io"

    package static func isProtected(group: String) -> Bool {
        ["k8s.io", "kubernetes.io"].contains { group == $0 || group.hasSuffix("." + $0) }
    }

    package init(annotation text: String) {
        if text.isEmpty {
            self = .missing
        } else if text.hasPrefix("unapproved") {
            self = .bypassed
        } else {
            self = Self.isURL(text) ? .approved : .invalid
        }
    }

    /// What is said of it, with the text of the annotation.
    package func message(_ text: String) -> String {
        let link = "see https://github.com/kubernetes/enhancements/pull/1111"
        let need = "protected groups must have approval annotation \(Self.annotation.goQuoted)"
        return switch self {
        case .missing: "\(need), \(link)"
        case .invalid: "\(need) with either a URL or a reason starting with \"unapproved\", \(link)"
        case .bypassed: "not approved: \(text.goQuoted)"
        case .approved: "approved in \(text)"
        }
    }

    /// An absolute URL with a host.
    private static func isURL(_ text: String) -> Bool {
        guard let colon = text.firstIndex(of: ":"), text[colon...].hasPrefix("://") else { return false }
        let scheme = text[..<colon].utf8
        let isScheme =
            scheme.first.map { (0x61...0x7A).contains($0 | 0x20) } == true
            && scheme.allSatisfy { byte in
                (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte) || "+-.".utf8.contains(byte)
            }
        let host = text[colon...].dropFirst(3).prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        return isScheme && !host.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F }
    }
}
