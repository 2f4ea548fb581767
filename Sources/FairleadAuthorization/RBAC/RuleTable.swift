import FairleadModel

/// The rules of a role, arranged so that a decision looks only at those that may be about its object: a role may have
/// 20,000, and decisions are made on event loops.
struct RuleTable: Sendable {
    let rules: [PolicyRule]
    /// The places of the rules that name a resource; empty for a role with few rules, which are all looked at.
    private var byResource: [ByteText: [Int]] = [:]
    /// Those with patterns of resources.
    private var wild: [Int] = []
    private var withURLs: [Int] = []

    private static let few = 16

    init(_ rules: [PolicyRule]) {
        self.rules = rules
        guard rules.count > Self.few else { return }
        for (place, rule) in rules.enumerated() {
            if !rule.urls.isEmpty { withURLs.append(place) }
            let names = Set(rule.resources.lazy.map(ByteText.init))
            if names.contains(where: { $0.text.utf8.first == UInt8(ascii: "*") }) {
                wild.append(place)
            } else {
                for name in names { byResource[name, default: []].append(place) }
            }
        }
    }

    func allows(_ wanted: AccessAttributes) -> Bool {
        guard rules.count > Self.few else { return rules.contains { $0.allows(wanted) } }
        guard let resource = wanted.resource else { return withURLs.contains { rules[$0].allows(wanted) } }
        return byResource[ByteText(resource.combined)]?.contains { rules[$0].allows(wanted) } ?? false
            || wild.contains { rules[$0].allows(wanted) }
    }
}
