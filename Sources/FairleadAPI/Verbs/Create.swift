package import FairleadKinds
import FairleadRules
package import FairleadModel
import FairleadStorage

extension API {
    /// Creates `object` in `namespace` (empty for cluster-scoped kinds).
    ///
    /// The object has been decoded and normalised as its kind. If a generated name is taken, another suffix is tried;
    /// an address or port lost in a race is allocated again.
    /// - Throws: 404 for a missing namespace, 403 for a terminating one, 409 for a taken name, 422, and any error of
    ///   the kind's strategy.
    package func create(
        _ kind: Kind, namespace: String, _ object: Value, options: WriteOptions = WriteOptions()
    ) async throws(APIStatus) -> WriteResult {
        try await create(kind, namespace: namespace, object, options: options, ownership: .update())
    }

    func create(
        _ kind: Kind, namespace: String, _ object: Value, options: WriteOptions, ownership: Ownership
    ) async throws(APIStatus) -> WriteResult {
        try await provisionNamespace(namespace, for: kind, isDryRun: options.isDryRun)
        var namesTried = 0
        var tried: ObjectKey?
        return try await optimistically(kind, name: { tried?.name ?? object.name }) {
            (key, current, hasMoved) throws(APIStatus) in
            // A key other than the object's that was taken meanwhile was an allocation: plan again.
            guard key == tried else { return hasMoved }
            namesTried += 1
            guard object.name.isEmpty, namesTried < 8 else {
                throw alreadyExists(kind, current?.value ?? .null, name: key.name)
            }
            return true
        } _: { snapshot in
            let context = context(snapshot, options)
            var draft = try draftCreate(kind, namespace: namespace, object, ownership: ownership, options, context)
            let admission = admissionRound(
                .create, kind, namespace: namespace, name: draft.object.name, options, snapshot)
            if let admission {
                draft.object =
                    try await admission.mutate(draft.object, old: nil, warnings: &draft.warnings) {
                        (object) throws(APIStatus) in try kind.strategy.admit(&object, old: nil, context)
                    } ?? draft.object
                try setNamespace(kind, namespace: namespace, &draft.object)
            }
            var plan = try planCreate(kind, namespace: namespace, draft, context, options.requester?.notes)
            tried = plan.key
            try options.confirmCreation?()
            try await admission?.validate(plan.object, old: nil, warnings: &plan.warnings)
            if configuration.plugins.contains(.resourceQuota) {
                try QuotaAdmission.admit(plan.object, old: nil, kind: kind, in: &plan.transaction, snapshot)
            }
            let stored = try await stored(plan.object, kind)
            // First, so that its result is the first of the commit.
            plan.transaction.operations.insert(.put(plan.key, Document(stored)), at: 0)
            if options.isDryRun {
                if let existing = snapshot.object(plan.key) { throw alreadyExists(kind, existing.value) }
                if !snapshot.isFree(plan.key) { throw alreadyExists(kind, .null, name: plan.key.name) }
                return WriteResult(object: plan.object, isCreated: true, warnings: plan.warnings)
            }
            let result = try await store.commit(plan.transaction)
            guard let stored = result.objects.first else { throw APIStatus.internalError("empty commit") }
            return WriteResult(object: stored.value, stored: stored, isCreated: true, warnings: plan.warnings)
        }
    }

    /// An object on its way to storage, between the phases of admission.
    private struct CreateDraft {
        var object: Value
        /// The namespace that it is created in.
        var home: StoredObject?
        var warnings: [String]
    }

    private struct CreatePlan {
        var key: ObjectKey
        var object: Value
        var transaction: Transaction
        var warnings: [String]
    }

    /// What comes before the first phase of admission.
    private func draftCreate(
        _ kind: Kind, namespace: String, _ input: Value, ownership: Ownership, _ options: WriteOptions,
        _ context: StrategyContext
    ) throws(APIStatus) -> CreateDraft {
        var object = input
        try checkNewMetadata(kind, namespace: namespace, &object)
        kind.strategy.setDefaults(&object)
        var warnings: [String] = []
        if case .update(let emptyLists) = ownership {
            warnings += object.removeDuplicateOwners(afterAdmission: false)
            trackFields(
                kind, &object, old: nil, scope: .main, manager: options.fieldManager, emptyLists: emptyLists)
        }
        let home = try NamespaceLifecycle.admitCreate(
            in: namespace, kind: kind, name: object.name,
            isChecked: configuration.plugins.contains(.namespaceLifecycle), snapshot: context.snapshot)
        try checkConversion(kind, object)
        try kind.strategy.admit(&object, old: nil, context)
        return CreateDraft(object: object, home: home, warnings: warnings)
    }

    /// What comes after it. The quotas are charged last.
    private func planCreate(
        _ kind: Kind, namespace: String, _ draft: CreateDraft, _ context: StrategyContext, _ notes: AdmissionNotes?
    ) throws(APIStatus) -> CreatePlan {
        var object = draft.object
        let warnings = draft.warnings + object.removeDuplicateOwners(afterAdmission: true)

        stampNewMetadata(kind, &object)
        kind.strategy.prepareForCreate(&object, context)
        let name = object.name
        let key = kind.key(namespace: namespace, name: name)

        var transaction = Transaction()
        transaction.conditions.append(.init(key: key, revision: 0))
        // No object may be left behind in a namespace that is removed between here and the commit.
        if let home = draft.home { transaction.conditions.append(.init(key: home.key, revision: home.revision)) }
        var allocated: Value? = object
        try kind.strategy.allocate(&allocated, old: nil, in: &transaction, context)
        object = allocated ?? object

        var errors = MetadataValidation.errors(
            for: object, old: nil, isNamespaced: kind.info.isNamespaced, isCustom: kind.allowsAnyFinalizer,
            nameErrors: kind.strategy.nameErrors(_:isPrefix:))
        errors += kind.strategy.validate(object, context)
        if !errors.isEmpty { throw kind.invalid(name, errors, of: object) }
        kind.strategy.canonicalize(&object)
        try kind.strategy.validateAdmission(object, old: nil, context)
        let security = try podSecurity(object, old: nil, kind, subresource: nil, context.snapshot, notes)
        return CreatePlan(
            key: key, object: object, transaction: transaction,
            warnings: warnings + security + kind.strategy.warnings(for: object, old: nil))
    }

    /// Sets or checks namespace and resourceVersion as the path and the verb require.
    private func checkNewMetadata(_ kind: Kind, namespace: String, _ object: inout Value) throws(APIStatus) {
        if object["metadata"]?.object == nil { object["metadata"] = .object(Object()) }
        if let revision = object.at("metadata", "resourceVersion")?.string, !revision.isEmpty, revision != "0" {
            throw APIStatus(
                code: 500, reason: "", message: "resourceVersion should not be set on objects to be created")
        }
        try setNamespace(kind, namespace: namespace, &object)
    }

    /// The object takes the namespace of the path; a different one is refused, and a cluster-scoped object has none.
    func setNamespace(_ kind: Kind, namespace: String, _ object: inout Value) throws(APIStatus) {
        guard kind.info.isNamespaced else {
            object.set(nil, at: "metadata", "namespace")
            return
        }
        if !object.namespace.isEmpty, object.namespace != namespace {
            throw .badRequest(
                "the namespace of the provided object does not match the namespace sent on the request")
        }
        object.set(.string(namespace), at: "metadata", "namespace")
    }

    /// What only the server may set: uid, creation time, generated name, first generation.
    private func stampNewMetadata(_ kind: Kind, _ object: inout Value) {
        var metadata = object["metadata"]?.object ?? Object()
        for field in ["deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "resourceVersion"] {
            metadata[field] = nil
        }
        metadata["uid"] = .string(environment.newUID())
        metadata["creationTimestamp"] = .string(environment.now().rfc3339)
        if let prefix = metadata["generateName"]?.string, !prefix.isEmpty, metadata["name"]?.string ?? "" == "" {
            // Kubernetes truncates the prefix so that the name stays within 63 characters.
            metadata["name"] = .string(String(prefix.prefix(58)) + environment.randomSuffix(5))
        }
        if !kind.strategy.generationFields.isEmpty { metadata["generation"] = 1 }
        object["metadata"] = .object(metadata)
    }

    /// The object as a decoder would return it: what this program writes itself is normalised like what clients write.
    package func normalized(_ object: Value, as kind: Kind) throws(APIStatus) -> Value {
        if let custom = kind.custom {
            return try decoder.structure(object, duplicates: [], custom, validation: .ignore).object
        }
        return try decoder.structure(
            object, duplicates: [], kind: kind.info.kind, apiVersion: kind.apiVersion, typeName: kind.info.typeName,
            validation: .ignore
        ).object
    }

    /// - Throws: 400 for an object that Kubernetes' internal form of the kind cannot hold.
    func checkConversion(_ kind: Kind, _ object: Value) throws(APIStatus) {
        guard let why = kind.strategy.conversionFault(of: object) else { return }
        let name = kind.info.kind
        throw .badRequest("\(name) in version \(kind.info.gvr.version.goQuoted) cannot be handled as a \(name): \(why)")
    }

    func alreadyExists(_ kind: Kind, _ existing: Value, name: String? = nil) -> APIStatus {
        let status = APIStatus.alreadyExists(kind.groupResource, name: name ?? existing.name)
        guard existing.deletionTimestamp != nil else { return status }
        var deleting = status
        deleting.message = "object is being deleted: " + status.message
        return deleting
    }
}
