import CoreMetrics
import FairleadAuthorization
import FairleadModel
import Synchronization

/// A FlowSchema as requests are held against it, and what is counted of those that match.
final class FlowSchema: Sendable {
    enum Distinguisher: Sendable, Equatable { case nobody, user, namespace }

    let name: String
    let uid: String
    /// Changes with the spec.
    let generation: Int64
    let precedence: Int64
    let level: String
    let distinguisher: Distinguisher
    let rules: [FlowRule]
    let counts = Counts()

    /// What has become of its requests.
    struct Counts: ~Copyable {
        let dispatched = Atomic<Int>(0)
        let executing = Atomic<Int>(0)
        let waiting = Atomic<Int>(0)
        let rejected = Mutex<[String: Int]>([:])
    }

    init(_ object: Value) {
        name = object.name
        uid = object.uid
        generation = object.at("metadata", "generation")?.int ?? 0
        let spec = object["spec"] ?? .null
        precedence = spec["matchingPrecedence"]?.int ?? 1000
        level = spec.text("priorityLevelConfiguration", "name")
        distinguisher =
            switch spec.text("distinguisherMethod", "type") {
            case "ByUser": .user
            case "ByNamespace": .namespace
            default: .nobody
            }
        rules = spec.items("rules").map(FlowRule.init)
    }

    /// - Parameter wanted: what is asked for; worked out only if the user alone does not decide.
    func matches(_ user: UserInfo, _ wanted: () -> AccessAttributes) -> Bool {
        rules.contains { rule in rule.isAbout(user) && (rule.isAboutEverything || rule.isAbout(wanted())) }
    }

    /// What tells the flows of the schema apart.
    func flow(_ user: UserInfo, _ wanted: () -> AccessAttributes) -> String {
        switch distinguisher {
        case .nobody: ""
        case .user: user.name
        case .namespace: wanted().namespace
        }
    }
}
