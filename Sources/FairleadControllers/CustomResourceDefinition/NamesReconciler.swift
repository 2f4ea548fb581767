import FairleadModel

/// Which of the requested names a definition gets: those that no other definition of its group has.
///
/// Reference: k8s.io/apiextensions-apiserver `controller/status/naming_controller.go`, `controller/establish`.
struct NamesReconciler {
    let definition: Value
    /// Every definition of the group, possibly including this one.
    let group: [Value]
    let now: Timestamp

    /// The definition with accepted names and conditions brought up to date.
    var updated: Value {
        let asked = definition.at("spec", "names") ?? .null
        let had = definition.at("status", "acceptedNames") ?? .null
        var accepted = had
        var problem: (reason: String, message: String)?
        let others = group.filter { $0.uid != definition.uid }.compactMap { $0.at("status", "acceptedNames") }
        let usedResources = Set(
            others.flatMap { [$0["plural"], $0["singular"]].compactMap { $0?.string } + $0.texts("shortNames") })
        let usedKinds = Set(others.flatMap { [$0["kind"], $0["listKind"]].compactMap { $0?.string } })

        func take(_ key: String, _ used: Set<String>, _ reason: String) {
            let name = asked[key]?.string ?? ""
            if name != had[key]?.string ?? "", used.contains(name) {
                problem = (reason, Self.inUse(name))
            } else {
                accepted[key] = asked[key]
            }
        }
        take("plural", usedResources, "PluralConflict")
        take("singular", usedResources, "SingularConflict")
        let own = Set(had.texts("shortNames"))
        let taken = asked.texts("shortNames").filter { !own.contains($0) && usedResources.contains($0) }
        if taken.isEmpty {
            accepted["shortNames"] = asked["shortNames"]
        } else {
            let messages = taken.map(Self.inUse)
            problem = (
                "ShortNamesConflict",
                messages.count == 1 ? messages[0] : "[" + messages.joined(separator: ", ") + "]"
            )
        }
        take("kind", usedKinds, "KindConflict")
        take("listKind", usedKinds, "ListKindConflict")
        accepted["categories"] = asked["categories"]

        var conditions = Conditions(of: definition)
        if let problem {
            conditions.set("NamesAccepted", false, reason: problem.reason, message: problem.message, now: now)
        } else {
            conditions.set("NamesAccepted", true, reason: "NoConflicts", message: "no conflicts found", now: now)
        }
        // A definition that is established stays established.
        if !conditions.isTrue("Established") {
            if problem == nil {
                conditions.set(
                    "Established", true, reason: "InitialNamesAccepted",
                    message: "the initial names have been accepted", now: now)
            } else {
                conditions.set(
                    "Established", false, reason: "NotAccepted", message: "not all names are accepted", now: now)
            }
        }
        Self.judge(approvalOf: definition, &conditions, now)
        var result = definition
        result.set(accepted, at: "status", "acceptedNames")
        result.set(conditions.value, at: "status", "conditions")
        return result
    }

    /// The additional condition of definitions in groups of the Kubernetes community.
    ///
    /// Reference: k8s.io/apiextensions-apiserver `controller/apiapproval`.
    private static func judge(approvalOf definition: Value, _ conditions: inout Conditions, _ now: Timestamp) {
        guard APIApproval.isProtected(group: definition.at("spec", "group")?.string ?? "") else { return }
        let text = definition.annotations[APIApproval.annotation] ?? ""
        let state = APIApproval(annotation: text)
        let reason =
            switch state {
            case .missing: "MissingAnnotation"
            case .invalid: "InvalidAnnotation"
            case .bypassed: "UnapprovedAnnotation"
            case .approved: "ApprovedAnnotation"
            }
        conditions.set(
            "KubernetesAPIApprovalPolicyConformant", state == .approved, reason: reason, message: state.message(text),
            now: now)
    }

    private static func inUse(_ name: String) -> String { "\(name.goQuoted) is already in use" }
}
