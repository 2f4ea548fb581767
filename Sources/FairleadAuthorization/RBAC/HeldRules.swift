import FairleadModel

/// What somebody holds, arranged so that asking whether one of the rules covers another looks at few of them: a user with
/// 15,000 rules may write a role of as many.
struct HeldRules {
    /// A rule as sets, so that a comparison takes time in proportion to the other rule alone.
    fileprivate struct Held {
        let verbs: Set<ByteText>
        let groups: Set<ByteText>
        let resources: Set<ByteText>
        let names: Set<ByteText>
        let urls: Set<ByteText>
        /// Those of the paths that end in `*`.
        let patterns: [String]

        init(_ rule: PolicyRule) {
            verbs = Set(rule.verbs.lazy.map(ByteText.init))
            groups = Set(rule.groups.lazy.map(ByteText.init))
            resources = Set(rule.resources.lazy.map(ByteText.init))
            names = Set(rule.names.lazy.map(ByteText.init))
            urls = Set(rule.urls.lazy.map(ByteText.init))
            patterns = rule.urls.filter { $0.utf8.last == UInt8(ascii: "*") }
        }
    }

    /// The places of the rules that name something.
    private typealias Places = [ByteText: [Int]]

    private static let any = ByteText("*")

    private let rules: [Held]
    private var byVerb: Places = [:]
    private var byGroup: Places = [:]
    private var byResource: Places = [:]
    private var byName: Places = [:]
    private var byURL: Places = [:]
    private var unnamed: [Int] = []
    private var withPatterns: [Int] = []
    private let everything: [Int]

    init(_ rules: [PolicyRule]) {
        self.rules = rules.map(Held.init)
        everything = Array(rules.indices)
        for (place, rule) in self.rules.enumerated() {
            for verb in rule.verbs { byVerb[verb, default: []].append(place) }
            for group in rule.groups { byGroup[group, default: []].append(place) }
            for resource in rule.resources { byResource[resource, default: []].append(place) }
            for name in rule.names { byName[name, default: []].append(place) }
            for url in rule.urls { byURL[url, default: []].append(place) }
            if rule.names.isEmpty { unnamed.append(place) }
            if !rule.patterns.isEmpty { withPatterns.append(place) }
        }
    }

    /// Whether everything that the rule allows is allowed by one of these rules.
    ///
    /// - Parameter work: raised by the comparisons that it took.
    func cover(_ rule: PolicyRule, work: inout Int) -> Bool {
        for places in candidates(for: rule) {
            for place in places {
                let held = rules[place]
                work = work +| (1 + rule.urls.count *| held.patterns.count)
                if held.covers(rule) { return true }
            }
        }
        return false
    }

    /// Any rule that covers this one has all that this one names, so that the rarest of it tells where to look.
    private func candidates(for rule: PolicyRule) -> [[Int]] {
        var best = [everything]
        func consider(_ places: [[Int]?]) {
            let places = places.compactMap(\.self)
            if places.reduce(0, { $0 + $1.count }) < best.reduce(0, { $0 + $1.count }) { best = places }
        }
        if let verb = rule.verbs.first { consider([byVerb[ByteText(verb)], byVerb[Self.any]]) }
        if let group = rule.groups.first { consider([byGroup[ByteText(group)], byGroup[Self.any]]) }
        if let resource = rule.resources.first {
            let names = [resource, "*", PolicyRule.everywhere(resource)].compactMap(\.self)
            consider(names.map { byResource[ByteText($0)] })
        }
        consider(rule.names.first.map { [unnamed, byName[ByteText($0)]] } ?? [unnamed])
        if let url = rule.urls.first { consider([withPatterns, byURL[ByteText(url)]]) }
        return best
    }
}

extension HeldRules.Held {
    fileprivate func covers(_ other: PolicyRule) -> Bool {
        Self.has(verbs, other.verbs) && Self.has(groups, other.groups) && coversResources(other.resources)
            && other.urls.allSatisfy(coversURL)
            && (names.isEmpty || !other.names.isEmpty && other.names.allSatisfy { names.contains(ByteText($0)) })
    }

    private static func has(_ set: Set<ByteText>, _ texts: [String]) -> Bool {
        set.contains(ByteText("*")) || texts.allSatisfy { set.contains(ByteText($0)) }
    }

    private func coversResources(_ wanted: [String]) -> Bool {
        if resources.contains(ByteText("*")) { return true }
        return wanted.allSatisfy { resource in
            if resources.contains(ByteText(resource)) { return true }
            return PolicyRule.everywhere(resource).map { resources.contains(ByteText($0)) } ?? false
        }
    }

    private func coversURL(_ wanted: String) -> Bool {
        urls.contains(ByteText(wanted)) || patterns.contains { PolicyRule.url($0, covers: wanted) }
    }
}
