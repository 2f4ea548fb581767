package import FairleadKinds
package import FairleadModel
package import FairleadStorage

/// Admission that is configured by objects in the store: webhooks and policies.
///
/// Writes call it where Kubernetes does: `mutate` once the object has been decoded, defaulted and changed by the
/// built-in plugins, before it is validated; `validate` once it has been found valid, before quotas are charged and the
/// object is stored. A write that is planned again because another one was faster is admitted again. Both may suspend.
///
/// Reference: k8s.io/apiserver `pkg/admission` (MutationInterface, ValidationInterface) and `pkg/endpoints/handlers`.
package protocol DynamicAdmission: Sendable {
    /// Whether anybody has registered for such requests. Every write asks, so the answer must take no longer than a few
    /// look-ups; "yes" may be wrong, "no" may not.
    func isInterested(
        in operation: AdmissionOperation, _ kind: Kind, subresource: String?, _ snapshot: Snapshot
    ) -> Bool

    /// Whether what is done about such a request may be more than an event loop can spare, although the object is small.
    /// Asked only about requests of interest.
    func isLaborious(
        in operation: AdmissionOperation, _ kind: Kind, subresource: String?, _ snapshot: Snapshot
    ) -> Bool

    /// - Returns: the object, changed or not. What was changed must have been decoded (`AdmissionAttributes.decode`).
    /// - Throws: the denial.
    func mutate(_ attributes: AdmissionAttributes) async throws(APIStatus) -> Value?

    /// - Throws: the denial.
    func validate(_ attributes: AdmissionAttributes) async throws(APIStatus)
}

extension DynamicAdmission {
    /// What it costs cannot be judged.
    package func isLaborious(
        in operation: AdmissionOperation, _ kind: Kind, subresource: String?, _ snapshot: Snapshot
    ) -> Bool { true }
}

/// What a request does, in the words of rules and reviews.
package enum AdmissionOperation: String, Sendable, Hashable {
    case create = "CREATE"
    case update = "UPDATE"
    case delete = "DELETE"
    case connect = "CONNECT"
}

/// A request as admission sees it (k8s.io/apiserver `admission.Attributes`).
package struct AdmissionAttributes: Sendable {
    /// What `object` is.
    package enum Form: Sendable {
        /// An object of the kind itself.
        case object
        /// What a subresource takes: a Scale, a Binding, the options of an exec.
        ///
        /// - typeName: of the schema; empty for options, which the built-in schemas do not describe.
        case part(kind: String, apiVersion: String, typeName: String)
    }

    package let api: API
    package let operation: AdmissionOperation
    /// The kind of the resource in the path.
    package let kind: Kind
    package let subresource: String?
    package let form: Form
    /// Empty for the objects of a deleted collection and for names that are still to be generated.
    package var name: String
    package let namespace: String
    /// In the version of the path; nil for a deletion.
    package internal(set) var object: Value?
    /// nil for a creation or a connection.
    package internal(set) var oldObject: Value?
    /// CreateOptions, UpdateOptions or DeleteOptions; nil for a connection.
    package let options: Value?
    package let isDryRun: Bool
    package let requester: Requester
    /// The state that the write is based on.
    package let snapshot: Snapshot
    /// What the plugins that change objects tell each other.
    package internal(set) var reinvocation = AdmissionReinvocation()

    package var user: UserInfo { requester.user }
    package var notes: AdmissionNotes { requester.notes }

    /// The apiVersion and the kind of `object` and `oldObject`.
    package var objectKind: (apiVersion: String, kind: String) {
        switch form {
        case .object: (kind.apiVersion, kind.info.kind)
        case .part(let kind, let apiVersion, _): (apiVersion, kind)
        }
    }

    /// The stored namespace; nil for cluster-scoped objects and missing namespaces.
    package var namespaceObject: Value? {
        guard kind.info.isNamespaced, !namespace.isEmpty else { return nil }
        let key = ObjectKey(GroupResource(group: "", resource: "namespaces"), namespace: "", name: namespace)
        return snapshot.object(key)?.value
    }

    /// The same request about another object, for plugins that change it step by step.
    package func with(_ object: Value?) -> AdmissionAttributes {
        var copy = self
        copy.object = object
        return copy
    }

    /// A changed object as the API server decodes it: unknown fields dropped, defaults filled in.
    ///
    /// - Throws: 400 for what is not an object of the form.
    package func decode(_ object: Value) throws(APIStatus) -> Value {
        switch form {
        case .object: return try api.admissionDecoded(object, as: kind)
        case .part(_, _, ""): return object
        case .part(let kind, let apiVersion, let typeName):
            return try api.decoder.structure(
                object, duplicates: [], kind: kind, apiVersion: apiVersion, typeName: typeName, validation: .ignore
            ).object
        }
    }
}
