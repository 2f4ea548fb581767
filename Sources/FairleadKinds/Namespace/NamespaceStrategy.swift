import FairleadRules
import FairleadModel
import FairleadStorage

/// The rules of namespaces. A namespace stays as long as `spec.finalizers` is not empty.
///
/// Reference: k8s.io/kubernetes `pkg/registry/core/namespace/strategy.go`, admission plugin NamespaceLifecycle.
struct NamespaceStrategy: ResourceStrategy {
    static let nameLabel = "kubernetes.io/metadata.name"
    static let immortal: Set<String> = ["default", "kube-system", "kube-public"]

    /// The label that repeats the name cannot be changed or removed: it is restored.
    func setDefaults(_ object: inout Value) {
        let name = object.name
        if !name.isEmpty { object.set(.string(name), at: "metadata", "labels", Self.nameLabel) }
        object.setDefault("spec", .object(Object()))
    }

    func prepareForCreate(_ object: inout Value, _ context: StrategyContext) {
        setDefaults(&object)
        object["status"] = ["phase": "Active"]
        var finalizers = object.at("spec", "finalizers")?.array ?? []
        if !finalizers.contains("kubernetes") { finalizers.append("kubernetes") }
        object.set(.array(finalizers), at: "spec", "finalizers")
    }

    /// Finalizers change only through the `finalize` subresource.
    func prepareForUpdate(_ object: inout Value, old: Value, _ context: StrategyContext) {
        object["status"] = old["status"]
        if context.subresource != "finalize" {
            object.set(old.at("spec", "finalizers"), at: "spec", "finalizers")
        }
    }

    /// Unreadable objects are removed with their namespace: the controller that empties it cannot see them.
    func allocate(
        _ object: inout Value?, old: Value?, in transaction: inout Transaction, _ context: StrategyContext
    ) throws(APIStatus) {
        guard object == nil, let old, !context.snapshot.damaged.isEmpty else { return }
        for damage in context.snapshot.damaged.values where damage.key.namespace == old.name {
            transaction.removeDamaged(damage, context.snapshot)
        }
    }

    func isHeld(_ object: Value) -> Bool {
        !object.finalizers.isEmpty || !(object.at("spec", "finalizers")?.array ?? []).isEmpty
    }

    func prepareForDeletion(_ object: inout Value, _ context: StrategyContext) {
        object.set("Terminating", at: "status", "phase")
        object.set(nil, at: "metadata", "deletionGracePeriodSeconds")
    }

    func validate(_ object: Value, _ context: StrategyContext) -> [FieldError] {
        let path = FieldPath("spec", "finalizers")
        var errors: [FieldError] = []
        for name in object["spec"]?.strings("finalizers") ?? [] {
            errors += FieldChecks.qualifiedName(name, path)
            if !name.contains("/"), !["kubernetes", "orphan", "foregroundDeletion"].contains(name) {
                errors.append(
                    .invalid(
                        path, .string(name), "name is neither a standard finalizer name nor is it fully qualified"))
            }
        }
        return errors
    }

    /// A namespace that is being deleted is Terminating, any other is Active.
    func validateStatusUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        let path = FieldPath("status", "phase")
        let phase = object.at("status", "phase")?.string ?? ""
        let isDeleted = object.deletionTimestamp != nil
        if !isDeleted, phase != "Active" {
            return [.invalid(path, .string(phase), "may only be 'Active' if `deletionTimestamp` is empty")]
        }
        if isDeleted, phase != "Terminating" {
            return [
                .invalid(path, .string(phase), "may only be 'Terminating' if `deletionTimestamp` is not empty")
            ]
        }
        return []
    }

    func validateDeletion(of object: Value, _ context: StrategyContext) throws(APIStatus) {
        guard context.configuration.plugins.contains(.namespaceLifecycle), Self.immortal.contains(object.name) else {
            return
        }
        throw .forbidden(
            GroupVersionResource.namespaces.groupResource, name: object.name, "this namespace may not be deleted")
    }

    func nameErrors(_ name: String, isPrefix: Bool) -> [String] {
        NameRules.dns1123Label(isPrefix ? name.maskingTrailingDash : name)
    }

    let selectableFieldNames = ["status.phase"]
    func selectableFields(of object: Value) -> [String: String] {
        ["status.phase": object.at("status", "phase")?.string ?? ""]
    }

    let answersDeletedObject = true
}
