package import FairleadModel

/// Where a program of `lab exec` runs: `node/NAME`, `pod/NAMESPACE/NAME` or `outside`.
package enum LabTarget: Hashable, Sendable, CustomStringConvertible {
    case node(String)
    case pod(ObjectName)
    case outside

    /// nil for any other text.
    package init?(_ text: String) {
        let words = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard !words.contains("") else { return nil }
        switch (words.first, words.count) {
        case ("node", 2): self = .node(words[1])
        case ("pod", 3): self = .pod(ObjectName(namespace: words[1], name: words[2]))
        case ("outside", 1): self = .outside
        default: return nil
        }
    }

    package var description: String {
        switch self {
        case .node(let name): "node/\(name)"
        case .pod(let name): "pod/\(name)"
        case .outside: "outside"
        }
    }
}
