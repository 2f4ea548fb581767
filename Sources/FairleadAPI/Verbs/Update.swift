package import FairleadKinds
import FairleadRules
import FairleadMerge
package import FairleadModel
import FairleadStorage

extension API {
    /// Which part of an object an update may change.
    package enum UpdateScope: Sendable, Equatable {
        case main
        /// The context tells the strategy which one.
        case subresource(String)

        var subresource: String? { if case .subresource(let name) = self { name } else { nil } }

        enum Rules { case main, status, none }

        /// Which of the strategy's rules apply: a `binding` has been checked by its caller.
        var rules: Rules {
            switch subresource {
            case nil, "finalize": .main
            case "binding": .none
            default: .status
            }
        }
    }

    /// Replaces the object `name` with `object` (PUT).
    ///
    /// - Parameter emptyLists: `StructuralReport.emptyLists`.
    /// - Throws: 404 if it is missing (and PUT does not create its kind), 409 if the given resourceVersion is not the
    ///   current one, 422.
    package func update(
        _ kind: Kind, namespace: String, name: String, _ object: Value, scope: UpdateScope = .main,
        options: WriteOptions = WriteOptions(), emptyLists: [[String]] = []
    ) async throws(APIStatus) -> WriteResult {
        try Self.checkName(of: object, is: name)
        var input = object
        try setNamespace(kind, namespace: namespace, &input)
        if scope == .main, kind.strategy.allowsCreateOnUpdate,
            store.current.isFree(kind.key(namespace: namespace, name: name))
        {
            do {
                return try await create(
                    kind, namespace: namespace, input, options: options, ownership: .update(emptyLists: emptyLists))
            } catch  where error.reason == "AlreadyExists" {
                // Another writer was faster: its object is replaced.
            }
        }
        let warnings = input.removeDuplicateOwners(afterAdmission: false)
        return try await modify(kind, namespace: namespace, name: name, scope: scope, options: options) {
            (old, _) throws(APIStatus) in
            if !input.uid.isEmpty, input.uid != old.uid {
                let key = kind.key(namespace: namespace, name: name)
                throw .conflict(
                    kind.groupResource, name: name,
                    StoragePath.uidPrecondition(kind, key, wanted: input.uid, found: old.uid))
            }
            return Modification(
                object: input, warnings: warnings, ownership: .update(emptyLists: emptyLists))
        }
    }

    /// - Throws: 400 for an object without a name, or with another name than the path.
    static func checkName(of object: Value, is name: String) throws(APIStatus) {
        let given = object.name
        guard !given.isEmpty else {
            throw .badRequest("the name of the object (\(name) based on URL) was undeterminable: name must be provided")
        }
        guard given == name else {
            throw .badRequest("the name of the object (\(given)) does not match the name on the URL (\(name))")
        }
    }

    /// What a modification turns the current object into.
    struct Modification {
        var object: Value
        var warnings: [String]
        /// Whether it can simply be repeated on a newer object (true of a patch, but not of a replacement that named
        /// the revision it replaces).
        var isReplayable = false
        var ownership = Ownership.update()
        /// nil for a part of an object that admission does not see as such.
        var admission: Admission? = .object

        enum Admission {
            /// In both phases, as an object of its kind.
            case object
            /// As something else, which has already been through the first phase.
            case part(AdmissionRound, old: Value, @Sendable (Value) throws(APIStatus) -> Value)
        }
    }

    /// The part that PUT, PATCH and subresources share: reads, changes, checks and writes, retrying as long as another
    /// writer was faster and the client did not insist on a revision.
    ///
    /// - Parameter change: called with the object as it is, and the state it is from.
    func modify(
        _ kind: Kind, namespace: String, name: String, scope: UpdateScope, options: WriteOptions,
        _ change: (Value, Snapshot) async throws(APIStatus) -> Modification
    ) async throws(APIStatus) -> WriteResult {
        // Whether the last attempt may be repeated on a newer object.
        var mayReplay = false
        let key = kind.key(namespace: namespace, name: name)
        return try await optimistically(
            kind, name: { name }, mayTryAgain: { moved, _, hasMoved in hasMoved && (mayReplay || moved != key) }
        ) { snapshot in
            let existing = try snapshot.existing(kind, namespace: namespace, name: name)
            let old = try await presented(existing, kind)
            let modification = try await change(old, snapshot)
            let context = context(snapshot, options, subresource: scope.subresource)
            var warnings = modification.warnings
            var object = try draftUpdate(
                kind, old: old, modification, scope: scope, manager: options.fieldManager, context)
            var round: AdmissionRound?
            if case .object = modification.admission {
                round = admissionRound(
                    .update, kind, subresource: scope.subresource, namespace: namespace, name: name, options, snapshot)
                if let round {
                    object =
                        try await round.mutate(object, old: old, warnings: &warnings) { (object) throws(APIStatus) in
                            try kind.strategy.admit(&object, old: old, context)
                        } ?? object
                }
            }
            let insists = try checkRevision(kind, object, current: existing)
            mayReplay = modification.isReplayable || !insists
            var draft = try checkedUpdate(
                kind, existing: existing, object, old: old, scope: scope, context, options.requester?.notes)
            warnings += draft.warnings
            switch modification.admission {
            case .object: try await round?.validate(draft.object, old: old, warnings: &warnings)
            case .part(let round, let old, let part):
                try await round.validate(try part(draft.object), old: old, warnings: &warnings)
            case nil: break
            }
            if scope == .main || scope.subresource == "resize", configuration.plugins.contains(.resourceQuota) {
                try QuotaAdmission.admit(draft.object, old: old, kind: kind, in: &draft.transaction, snapshot)
            }
            // The stored version may differ from the one the client sees.
            let stored = try await stored(draft.object, kind)
            let plan = try planUpdate(kind, existing: existing, draft, stored: stored, old: old, context)
            guard var transaction = plan.transaction, !options.isDryRun else {
                return WriteResult(object: plan.object, warnings: warnings)
            }
            transaction.conditions.append(.init(key: existing.key, revision: existing.revision))
            let result = try await store.commit(transaction)
            guard let stored = result.objects.first else { throw APIStatus.internalError("empty commit") }
            return WriteResult(
                object: plan.isRemoval ? plan.object : stored.value, stored: plan.isRemoval ? nil : stored,
                warnings: warnings)
        }
    }

    /// Whether the client named the revision it wants to replace.
    /// - Throws: 409 if it is not the current one, 422 if the kind requires one.
    private func checkRevision(_ kind: Kind, _ object: Value, current: StoredObject) throws(APIStatus) -> Bool {
        let name = current.key.name
        let text = object.at("metadata", "resourceVersion")?.string ?? ""
        if text.isEmpty || text == "0" {
            if !kind.strategy.allowsUnconditionalUpdate {
                throw .invalid(
                    group: kind.info.gvr.group, kind: kind.info.gvr.resource, name: name,
                    errors: [
                        .invalid(FieldPath("metadata", "resourceVersion"), 0, "must be specified for an update")
                    ])
            }
            return false
        }
        guard let revision = UInt64(text) else {
            throw .unexplained(QueryValue.complaint(about: text, isSigned: false))
        }
        if revision != UInt64(clamping: current.revision) { throw .modified(kind.groupResource, name: name) }
        return true
    }

    private struct UpdatePlan {
        var object: Value
        /// nil if nothing changes.
        var transaction: Transaction?
        var isRemoval = false
    }

    /// An object that may be stored if the second phase of admission allows it.
    private struct UpdateDraft {
        var object: Value
        /// What else is written with it.
        var transaction: Transaction
        var warnings: [String]
    }

    /// What comes before the first phase of admission.
    private func draftUpdate(
        _ kind: Kind, old: Value, _ modification: Modification, scope: UpdateScope, manager: String,
        _ context: StrategyContext
    ) throws(APIStatus) -> Value {
        let strategy = kind.strategy
        var object = modification.object
        if scope.subresource == "status", object["spec"] == old["spec"] {
            strategy.setStatusDefaults(&object)
        } else {
            strategy.setDefaults(&object)
        }
        if case .update(let emptyLists) = modification.ownership {
            trackFields(kind, &object, old: old, scope: scope, manager: manager, emptyLists: emptyLists)
        }
        try checkConversion(kind, object)
        try strategy.admit(&object, old: old, context)
        return object
    }

    /// What comes between the phases.
    private func checkedUpdate(
        _ kind: Kind, existing: StoredObject, _ object: Value, old: Value, scope: UpdateScope,
        _ context: StrategyContext, _ notes: AdmissionNotes?
    ) throws(APIStatus) -> UpdateDraft {
        let strategy = kind.strategy
        var object = object
        let duplicates = object.removeDuplicateOwners(afterAdmission: true)
        keepMetadata(of: old, in: &object, kind, scope)
        switch scope.rules {
        case .main: strategy.prepareForUpdate(&object, old: old, context)
        case .status: strategy.prepareForStatusUpdate(&object, old: old, context)
        case .none: break
        }
        if scope.rules != .none, scope.subresource != "status" { raiseGeneration(kind, &object, old: old) }

        var transaction = Transaction()
        if scope == .main {
            var allocated: Value? = object
            try strategy.allocate(&allocated, old: old, in: &transaction, context)
            object = allocated ?? object
        }
        var errors = MetadataValidation.errors(
            for: object, old: old, isNamespaced: kind.info.isNamespaced, isCustom: kind.allowsAnyFinalizer,
            nameErrors: strategy.nameErrors(_:isPrefix:))
        switch scope.rules {
        case .main: errors += strategy.validateUpdate(object, old: old, context)
        case .status: errors += strategy.validateStatusUpdate(object, old: old, context)
        case .none: break
        }
        if !errors.isEmpty { throw kind.invalid(existing.key.name, errors, of: object) }
        try strategy.validateAdmission(object, old: old, context)
        let warnings =
            duplicates
            + (try podSecurity(
                object, old: old, kind, subresource: scope.subresource, context.snapshot, notes))
            + (scope == .main ? strategy.warnings(for: object, old: old) : strategy.statusWarnings(for: object))
        return UpdateDraft(object: object, transaction: transaction, warnings: warnings)
    }

    /// What comes after the second phase.
    private func planUpdate(
        _ kind: Kind, existing: StoredObject, _ draft: UpdateDraft, stored: Value, old: Value,
        _ context: StrategyContext
    ) throws(APIStatus) -> UpdatePlan {
        let (strategy, object) = (kind.strategy, draft.object)
        if object.deletionTimestamp != nil, !strategy.isHeld(object),
            strategy.gracePeriod(of: object, requested: 0) == nil
                || object.at("metadata", "deletionGracePeriodSeconds")?.int == 0
        {
            return try planRemoval(kind, existing: existing, final: object, context)
        }
        if isUnchanged(stored, existing.value) { return UpdatePlan(object: old) }
        var transaction = draft.transaction
        transaction.operations.insert(.put(existing.key, Document(stored)), at: 0)
        return UpdatePlan(object: object, transaction: transaction)
    }

    /// The last finalizer is gone: the update removes the object.
    private func planRemoval(
        _ kind: Kind, existing: StoredObject, final: Value, _ context: StrategyContext
    ) throws(APIStatus) -> UpdatePlan {
        var transaction = Transaction()
        var nothing: Value?
        try kind.strategy.allocate(&nothing, old: existing.value, in: &transaction, context)
        transaction.operations.insert(.delete(existing.key), at: 0)
        return UpdatePlan(object: final, transaction: transaction, isRemoval: true)
    }

    /// Keeps the metadata fields that only the server writes. What else an update of a subresource keeps is up to its
    /// strategy.
    private func keepMetadata(of old: Value, in object: inout Value, _ kind: Kind, _ scope: UpdateScope) {
        let kept = old["metadata"]?.object ?? Object()
        var metadata = object["metadata"]?.object ?? Object()
        for field in ["creationTimestamp", "generation", "resourceVersion"] { metadata[field] = kept[field] }
        // The deletion marks may be omitted but not added: validation catches that.
        for field in ["deletionTimestamp", "deletionGracePeriodSeconds"] where metadata[field]?.isNull != false {
            metadata[field] = kept[field]
        }
        if let begun = kept["deletionTimestamp"] {
            metadata["deletionTimestamp"] = begun
        } else if metadata["deletionTimestamp"] != nil, scope.subresource == "status",
            kind.strategy.metadataResetByStatus.contains("deletionTimestamp")
        {
            metadata["deletionTimestamp"] = nil
        }
        if metadata["uid"] == nil { metadata["uid"] = kept["uid"] }
        metadata["selfLink"] = nil
        object["metadata"] = .object(metadata)
    }

    private func raiseGeneration(_ kind: Kind, _ object: inout Value, old: Value) {
        if kind.strategy.raisesGeneration(object, old: old) {
            object.set(.int(old.generation +| 1), at: "metadata", "generation")
        }
    }
}
