import FairleadModel

/// The admission plugin Priority: a new pod's class determines its priority and preemption policy.
///
/// Reference: k8s.io/kubernetes `plugin/pkg/admission/priority`.
enum PriorityAdmission {
    /// The class of pods that name none: if there are several defaults, the one with the lowest value.
    static func defaultClass(_ context: StrategyContext) -> Value? {
        context.snapshot.objects(PriorityClassStrategy.resource, namespace: nil).map(\.value)
            .filter { $0.flag("globalDefault") }.min { $0.number("value") < $1.number("value") }
    }

    /// - Parameter forbidden: creates the 403 for the pod.
    /// - Throws: that 403, for a class that does not exist, or a priority or policy that differs from the class's.
    static func admit(
        _ spec: inout Value, _ context: StrategyContext, forbidden: (String) -> APIStatus
    ) throws(APIStatus) {
        var name = spec.text("priorityClassName")
        let found: Value?
        if name.isEmpty {
            found = defaultClass(context)
            if let found {
                name = found.name
                spec["priorityClassName"] = .string(name)
            }
        } else {
            found = context.snapshot.object(ObjectKey(PriorityClassStrategy.resource, namespace: "", name: name))?.value
        }
        // The system's classes are known before they have been written.
        guard let priority = found?.number("value") ?? (name.isEmpty ? 0 : PriorityClassStrategy.system[name]) else {
            throw forbidden("no PriorityClass with name \(name) was found")
        }
        let policy = found?["preemptionPolicy"]?.string ?? "PreemptLowerPriority"
        if let given = spec["priority"]?.int, given != priority {
            throw forbidden(
                "the integer value of priority (\(given)) must not be provided in pod spec; "
                    + "priority admission controller computed \(priority) from the given PriorityClass name")
        }
        if let given = spec["preemptionPolicy"]?.string, given != policy {
            throw forbidden(
                "the string value of PreemptionPolicy (\(given)) must not be provided in pod spec; "
                    + "priority admission controller computed \(policy) from the given PriorityClass name")
        }
        spec["priority"] = .int(priority)
        spec["preemptionPolicy"] = .string(policy)
    }
}
