import FairleadClient
import FairleadModel

/// One pass over a definition that is being deleted: deletes its objects, and removes the finalizer when none are left.
struct CleanupWorker: Sendable {
    static let finalizer = "customresourcecleanup.apiextensions.k8s.io"
    /// When to look again if no event about the remaining objects arrives.
    private static let patience = Duration.seconds(5)

    let client: any ObjectClient
    let now: @Sendable () -> Timestamp

    func reconcile(_ name: String) async throws -> ReconcileResult {
        guard
            let definition = try await ignoringNotFound(
                await client.get(.customResourceDefinitions, namespace: "", name: name))
        else { return .done }
        guard definition.deletionTimestamp != nil, definition.finalizers.contains(Self.finalizer),
            let managed = ManagedResource(definition: definition)
        else { return .done }
        let objects = try await client.list(managed.resource, namespace: nil).objects
        var current = definition
        if !objects.isEmpty {
            current = try await write(
                current, true, "InstanceDeletionInProgress", "CustomResource deletion is in progress")
            for object in objects where object.value.deletionTimestamp == nil {
                try await delete(object, of: managed.resource)
            }
            guard try await client.list(managed.resource, namespace: nil).objects.isEmpty else {
                return .again(after: Self.patience)
            }
        }
        current = try await write(current, false, "InstanceDeletionCompleted", "removed all instances")
        try await client.patch(
            .customResourceDefinitions, namespace: "", name: name,
            FinalizerPatch.removing(Self.finalizer, from: current), subresource: "status")
        return .done
    }

    /// Sets the condition Terminating; writes only if something changes.
    private func write(
        _ definition: Value, _ isTerminating: Bool, _ reason: String, _ message: String
    ) async throws(APIStatus) -> Value {
        var conditions = Conditions(of: definition)
        conditions.set("Terminating", isTerminating, reason: reason, message: message, now: now())
        var result = definition
        result.set(conditions.value, at: "status", "conditions")
        if result == definition { return definition }
        return try await client.update(.customResourceDefinitions, result, subresource: "status")
    }

    private func delete(_ object: StoredObject, of resource: GroupVersionResource) async throws(APIStatus) {
        try await ignoringNotFound(
            orChanged: true,
            await client.delete(
                resource, namespace: object.key.namespace, name: object.key.name,
                options: DeleteOptions(uid: object.value.uid)))
    }
}
