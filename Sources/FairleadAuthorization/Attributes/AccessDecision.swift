/// The answer of authorization, with the reason that access reviews show.
package struct AccessDecision: Sendable, Hashable {
    package var isAllowed: Bool
    /// Which rule allows it, or what an authorizer has to say about the refusal; may be empty.
    package var reason: String

    package init(isAllowed: Bool, reason: String = "") {
        self.isAllowed = isAllowed
        self.reason = reason
    }

    static let noOpinion = AccessDecision(isAllowed: false)
    static let allowed = AccessDecision(isAllowed: true)
}

extension [String] {
    /// Several errors in one text, each once, as Go's aggregates print them.
    var aggregated: String {
        var seen: Set<String> = []
        let distinct = filter { seen.insert($0).inserted }
        return distinct.count == 1 ? distinct[0] : "[\(distinct.joined(separator: ", "))]"
    }
}
