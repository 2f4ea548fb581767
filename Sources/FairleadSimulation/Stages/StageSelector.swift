import FairleadModel
import FairleadPrograms

/// Which pods a stage is for, and when in their life. Without any requirement: all, always.
struct StageSelector: Hashable, Sendable {
    enum Operator: String, CaseIterable, Sendable {
        case isIn = "In", notIn = "NotIn", exists = "Exists", isAbsent = "DoesNotExist"
    }

    struct Requirement: Hashable, Sendable {
        var path: StagePath
        var comparison: Operator
        var values: Set<String>

        func isMet(by pod: Value) -> Bool {
            let found = path.values(in: pod)
            func isListed(_ value: Value) -> Bool { StagePath.text(of: value).map(values.contains) ?? false }
            return switch comparison {
            case .isIn: found.contains(where: isListed)
            case .notIn: !found.contains(where: isListed)
            case .exists: !found.isEmpty
            case .isAbsent: found.isEmpty
            }
        }
    }

    var labels: [String: String] = [:]
    var annotations: [String: String] = [:]
    var requirements: [Requirement] = []

    func matches(_ pod: Value) -> Bool {
        labels.allSatisfy { pod.labels[$0.key] == $0.value }
            && annotations.allSatisfy { pod.annotations[$0.key] == $0.value }
            && requirements.allSatisfy { $0.isMet(by: pod) }
    }
}
