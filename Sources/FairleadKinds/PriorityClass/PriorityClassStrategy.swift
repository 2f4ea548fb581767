import FairleadModel
import FairleadRules

/// The rules of PriorityClasses: the value is immutable, names that begin with `system-` and the highest values are
/// reserved for the system, and at most one class is the default for pods that name none.
///
/// Reference: k8s.io/kubernetes `pkg/apis/scheduling/validation`, `plugin/pkg/admission/priority`.
struct PriorityClassStrategy: ResourceStrategy {
    static let resource = GroupVersionResource.priorityClasses.groupResource
    /// The values of the classes that every cluster has.
    static let system: [String: Int64] = [
        "system-cluster-critical": 2_000_000_000, "system-node-critical": 2_000_001_000,
    ]
    private static let highestOfUsers: Int64 = 1_000_000_000

    let generationFields = ["value"]

    func setDefaults(_ object: inout Value) { object.setDefaultText("preemptionPolicy", "PreemptLowerPriority") }

    func admit(_ object: inout Value, old: Value?, _ context: StrategyContext) throws(APIStatus) {
        guard object.flag("globalDefault"), let other = PriorityAdmission.defaultClass(context),
            old == nil || other.name != object.name
        else { return }
        throw .forbidden(
            Self.resource, name: object.name,
            "PriorityClass \(other.name) is already marked as default. Only one default can exist")
    }

    func validate(_ object: Value, _ context: StrategyContext) -> [FieldError] {
        var errors: [FieldError] = []
        if object.name.hasPrefix("system-") {
            if let why = Self.deviation(object) {
                errors.append(
                    .forbidden(
                        FieldPath("metadata", "name"),
                        "priority class names with 'system-' prefix are reserved for system use only. error: \(why)"))
            }
        } else if object.number("value") > Self.highestOfUsers {
            errors.append(
                .forbidden(
                    FieldPath("value"),
                    "maximum allowed value of a user defined priority is \(Self.highestOfUsers)"))
        }
        let policy = object.text("preemptionPolicy")
        let policies = ["PreemptLowerPriority", "Never"]
        if !policies.contains(policy) {
            errors.append(.notSupported(FieldPath("preemptionPolicy"), .string(policy), inOrder: policies))
        }
        return errors
    }

    func validateUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        let policy = FieldChecks.unchanged(
            object["preemptionPolicy"], old["preemptionPolicy"], FieldPath("preemptionPolicy"))
        if object.number("value") == old.number("value") { return policy }
        return policy + [.forbidden(FieldPath("value"), "may not be changed in an update.")]
    }

    func validateDeletion(of object: Value, _ context: StrategyContext) throws(APIStatus) {
        guard Self.system[object.name] != nil else { return }
        throw .forbidden(
            Self.resource, name: object.name, "this is a system priority class and cannot be deleted")
    }

    /// How a class differs from the system class of its name; nil if it does not.
    private static func deviation(_ object: Value) -> String? {
        let name = object.name
        guard let value = system[name] else { return "\(name) is not a known system priority class" }
        if object.number("value") != value { return "value of \(name) PriorityClass must be \(value)" }
        return object.flag("globalDefault") ? "globalDefault of \(name) PriorityClass must be false" : nil
    }
}
