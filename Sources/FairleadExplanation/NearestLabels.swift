/// Finds existing labels that resemble a selector that matches nothing. Pure.
///
/// For each pod, the selector is changed as little as possible to match it: a value is replaced by the pod's, a key by
/// the one under which the pod has the value, and a pair without a counterpart is left out.
struct NearestLabels {
    struct Proposal: Equatable {
        var labels: [String: String]
        var pods: Int
    }

    /// Best first; none if no pod has anything in common with the selector.
    let proposals: [Proposal]

    private struct Score {
        var matches = 0
        var distance = 0
        var pods = 0
    }

    init(to selector: [String: String], among pods: [[String: String]]) {
        var scores: [[String: String]: Score] = [:]
        for labels in pods {
            guard let (proposal, bent) = Self.bend(selector, to: labels) else { continue }
            var score = bent
            score.pods = (scores[proposal]?.pods ?? 0) + 1
            scores[proposal] = score
        }
        let order = scores.sorted { one, other in
            if one.value.matches != other.value.matches { return one.value.matches > other.value.matches }
            if one.value.distance != other.value.distance { return one.value.distance < other.value.distance }
            if one.value.pods != other.value.pods { return one.value.pods > other.value.pods }
            return ServiceExplainer.text(one.key) < ServiceExplainer.text(other.key)
        }
        proposals = order.map { Proposal(labels: $0.key, pods: $0.value.pods) }
    }

    private static func bend(
        _ selector: [String: String], to labels: [String: String]
    ) -> (labels: [String: String], score: Score)? {
        var proposal: [String: String] = [:]
        var score = Score()
        for (key, value) in selector {
            if let own = labels[key] {
                proposal[key] = own
                if own == value {
                    score.matches += 1
                } else {
                    score.distance += EditDistance.of(own, value)
                }
            } else if let other = labels.filter({ $0.value == value }).keys.min(by: {
                EditDistance.of($0, key) < EditDistance.of($1, key)
            }) {
                proposal[other] = value
                score.distance += EditDistance.of(other, key)
            } else {
                score.distance += key.count + value.count
            }
        }
        return proposal.isEmpty ? nil : (proposal, score)
    }
}

/// The Levenshtein distance.
enum EditDistance {
    static func of(_ left: String, _ right: String) -> Int {
        let (a, b) = (Array(left.utf8), Array(right.utf8))
        if a.isEmpty || b.isEmpty { return max(a.count, b.count) }
        var row = Array(0...b.count)
        for i in 1...a.count {
            var diagonal = row[0]
            row[0] = i
            for j in 1...b.count {
                let substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)
                diagonal = row[j]
                row[j] = min(substituted, row[j] + 1, row[j - 1] + 1)
            }
        }
        return row[b.count]
    }
}
