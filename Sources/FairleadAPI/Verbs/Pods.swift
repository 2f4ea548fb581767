package import FairleadKinds
package import FairleadModel

extension API {
    /// Binds a pod to the node that `binding` names; this cannot be changed later.
    ///
    /// - Throws: 400 for a binding with another name, 404, 409 for a pod that already has a node or is being deleted,
    ///   500 for a bad target.
    package func bind(
        namespace: String, name: String, _ binding: Value, pods: Kind, options: WriteOptions = WriteOptions()
    ) async throws(APIStatus) {
        try checkName(of: binding, "Binding", is: name)
        var binding = binding
        if configuration.plugins.contains(.podTopologyLabels) {
            PodTopologyLabels.copy(toBinding: &binding, store.current)
        }
        binding = try await admitted(binding, Self.bindingForm, "binding", pods, namespace: namespace, name, options)
        let labelled = binding
        _ = try await modify(
            pods, namespace: namespace, name: name, scope: .subresource("binding"), options: options
        ) { (old, _) throws(APIStatus) in
            Modification(
                object: try PodBinding.apply(binding: labelled, to: old, at: environment.now()), warnings: [],
                isReplayable: true, ownership: .settled, admission: nil)
        }
    }

    private static let bindingForm = AdmissionAttributes.Form.part(
        kind: "Binding", apiVersion: "v1", typeName: "io.k8s.api.core.v1.Binding")
    private static let evictionForm = AdmissionAttributes.Form.part(
        kind: "Eviction", apiVersion: "policy/v1", typeName: "io.k8s.api.policy.v1.Eviction")

    /// What is posted to a subresource of a pod, after both phases of admission.
    private func admitted(
        _ object: Value, _ form: AdmissionAttributes.Form, _ subresource: String, _ pods: Kind, namespace: String,
        _ name: String, _ options: WriteOptions
    ) async throws(APIStatus) -> Value {
        let round = admissionRound(
            .create, pods, subresource: subresource, form: form, namespace: namespace, name: name, options,
            store.current)
        return try await round?.admit(object) ?? object
    }

    /// Evicts a pod: deletes it only if the disruption budgets allow it.
    ///
    /// - Throws: 400 for an eviction with another name, 404, 429 for a budget that would be violated, 500 for more than
    ///   one budget.
    package func evict(
        namespace: String, name: String, _ eviction: Value, pods: Kind, options: WriteOptions = WriteOptions()
    ) async throws(APIStatus) {
        try checkName(of: eviction, "Eviction", is: name)
        let eviction = try await admitted(
            eviction, Self.evictionForm, "eviction", pods, namespace: namespace, name, options)
        let pod = try store.current.existing(pods, namespace: namespace, name: name).value
        var deletion = try DeletionOptions(eviction["deleteOptions"] ?? .null)
        deletion.isDryRun = deletion.isDryRun || options.isDryRun
        let budgets = GroupResource(group: "policy", resource: "poddisruptionbudgets")
        let covering = store.current.objects(budgets, namespace: namespace).map(\.value)
        let plan = try PodEviction.plan(pod: pod, budgets: covering, at: environment.now())
        if deletion.isDryRun { return }
        // The budget is charged first: an eviction that fails afterwards leaves it charged too much, never too little.
        if let charged = plan.chargedBudget { try await writeStatus(of: charged, budgets) }
        if let marked = plan.markedPod { try await writeStatus(of: marked, pods.groupResource) }
        _ = try await delete(pods, namespace: namespace, name: name, options: deletion)
    }

    private func checkName(of object: Value, _ kind: String, is name: String) throws(APIStatus) {
        if object.name != name { throw .badRequest("name in URL does not match name in \(kind) object") }
    }

    /// Writes an object with its computed status; a newer version written by someone else is an error (409).
    private func writeStatus(of object: Value, _ resource: GroupResource) async throws(APIStatus) {
        let version = GroupVersionResource(group: resource.group, version: "v1", resource: resource.resource)
        guard let kind = kinds.kind(version) else { throw .unknownResource }
        _ = try await update(
            kind, namespace: object.namespace, name: object.name, object, scope: .subresource("status"),
            options: WriteOptions(fieldManager: "kube-apiserver"))
    }
}
