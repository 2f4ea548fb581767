extension LabelSelector {
    /// A selector's requirements grouped by key: matching takes time linear in the number of labels, however many
    /// requirements there are.
    struct Index: Sendable, Hashable {
        private static let few = 16

        private struct Key: Sendable, Hashable {
            /// The values that are still allowed; nil for any.
            var allowed: Set<String>?
            var forbidden: Set<String> = []
            var isForbidden = false
            var above: Int64?
            var below: Int64?

            func holds(_ value: String) -> Bool {
                if isForbidden || forbidden.contains(value) { return false }
                if let allowed, !allowed.contains(value) { return false }
                if above == nil, below == nil { return true }
                guard let number = Int64(value) else { return false }
                return above.map { number > $0 } ?? true && below.map { number < $0 } ?? true
            }
        }

        private var keys: [String: Key] = [:]
        /// Keys that must be present.
        private var needed: Set<String> = []
        private var isImpossible = false

        /// - Returns: nil if there are so few requirements and values that checking each of them is faster.
        init?(_ requirements: [Requirement]) {
            guard requirements.count > Self.few || requirements.contains(where: { $0.values.count > Self.few }) else {
                return nil
            }
            for requirement in requirements { add(requirement) }
        }

        private mutating func add(_ requirement: Requirement) {
            let name = requirement.key
            switch requirement.op {
            case .in, .equals, .doubleEquals:
                needed.insert(name)
                let values = Set(requirement.values)
                keys[name, default: Key()].allowed = keys[name]?.allowed?.intersection(values) ?? values
            case .notIn, .notEquals: keys[name, default: Key()].forbidden.formUnion(requirement.values)
            case .exists: needed.insert(name)
            case .doesNotExist: keys[name, default: Key()].isForbidden = true
            case .greaterThan, .lessThan:
                needed.insert(name)
                guard let bound = requirement.values.first.flatMap({ Int64($0) }) else {
                    isImpossible = true
                    return
                }
                if requirement.op == .greaterThan {
                    keys[name, default: Key()].above = max(keys[name]?.above ?? bound, bound)
                } else {
                    keys[name, default: Key()].below = min(keys[name]?.below ?? bound, bound)
                }
            }
        }

        func matches(_ labels: [String: String]) -> Bool {
            if isImpossible || needed.count > labels.count { return false }
            guard needed.allSatisfy({ labels[$0] != nil }) else { return false }
            return labels.allSatisfy { keys[$0.key]?.holds($0.value) ?? true }
        }
    }
}
