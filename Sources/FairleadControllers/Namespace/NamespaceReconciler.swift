import FairleadModel

/// The conditions of a terminating Namespace, computed from what is left in it.
///
/// Reference: Kubernetes API reference, NamespaceStatus; KEP-1164 (conditions), KEP-5080 (pods first).
struct NamespaceReconciler {
    /// What is left of one resource.
    struct Remainder: Hashable {
        var resource: GroupResource
        var count: Int
        /// Finalizer → how many objects carry it.
        var finalizers: [String: Int] = [:]

        init(_ resource: GroupResource, objects: [Value]) {
            self.resource = resource
            count = objects.count
            for object in objects { for finalizer in object.finalizers { finalizers[finalizer, default: 0] += 1 } }
        }
    }

    static let finalizer = "kubernetes"

    let namespace: Value
    let now: Timestamp

    /// Whether the namespace exists and is not terminating.
    static func mayHaveMore(_ namespace: StoredObject?) -> Bool {
        guard let namespace = namespace?.value else { return false }
        return namespace.deletionTimestamp == nil && namespace.text("status", "phase") != "Terminating"
    }

    var isTerminating: Bool { namespace.deletionTimestamp != nil }
    var finalizers: [String] { namespace.texts("spec", "finalizers") }
    var isOurs: Bool { finalizers.contains(Self.finalizer) }

    /// The Namespace without our finalizer, for the `finalize` subresource once it is empty.
    var finalized: Value {
        var result = namespace
        let rest = finalizers.filter { $0 != Self.finalizer }
        result.set(rest.isEmpty ? nil : .array(rest.map(Value.string)), at: "spec", "finalizers")
        return result
    }

    /// The Namespace with phase and conditions brought up to date.
    /// - Parameter failure: why a deletion failed, if one did.
    func updated(remaining: [Remainder], failure: String?) -> Value {
        var conditions = Conditions(of: namespace)
        let left = remaining.filter { $0.count > 0 }
        let resources = left.map { "\($0.resource.resource).\($0.resource.group) has \($0.count) resource instances" }
        var perFinalizer: [String: Int] = [:]
        for remainder in left { perFinalizer.merge(remainder.finalizers) { $0 + $1 } }
        let finalizers = perFinalizer.sorted { $0.key < $1.key }.map { "\($0.key) in \($0.value) resource instances" }
        let entries: [Entry] = [
            Entry("NamespaceDeletionDiscoveryFailure", "ResourcesDiscovered", "All resources successfully discovered"),
            Entry(
                "NamespaceDeletionGroupVersionParsingFailure", "ParsedGroupVersions",
                "All legacy kube types successfully parsed"),
            Entry(
                "NamespaceDeletionContentFailure", "ContentDeleted",
                "All content successfully deleted, may be waiting on finalization",
                problem: failure.map {
                    ("ContentDeletionFailed", "Failed to delete all resource types, 1 remaining: \($0)")
                }),
            Entry(
                "NamespaceContentRemaining", "ContentRemoved", "All content successfully removed",
                problem: resources.isEmpty
                    ? nil
                    : (
                        "SomeResourcesRemain",
                        "Some resources are remaining: " + resources.sorted().joined(separator: ", ")
                    )),
            Entry(
                "NamespaceFinalizersRemaining", "ContentHasNoFinalizers",
                "All content-preserving finalizers finished",
                problem: finalizers.isEmpty
                    ? nil
                    : (
                        "SomeFinalizersRemain",
                        "Some content in the namespace has finalizers remaining: " + finalizers.joined(separator: ", ")
                    )),
        ]
        for entry in entries { entry.put(into: &conditions, now: now) }
        var result = namespace
        result.set(.string("Terminating"), at: "status", "phase")
        result.set(conditions.value, at: "status", "conditions")
        return result
    }

    /// One condition: what it says when all is well, and what is wrong, if anything.
    private struct Entry {
        let type: String
        let goodReason: String
        let goodMessage: String
        let problem: (reason: String, message: String)?

        init(_ type: String, _ reason: String, _ message: String, problem: (String, String)? = nil) {
            self.type = type
            goodReason = reason
            goodMessage = message
            self.problem = problem.map { (reason: $0.0, message: $0.1) }
        }

        func put(into conditions: inout Conditions, now: Timestamp) {
            conditions.set(
                type, problem != nil, reason: problem?.reason ?? goodReason, message: problem?.message ?? goodMessage,
                now: now)
        }
    }
}
