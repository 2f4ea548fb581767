package import FairleadKinds
package import FairleadModel
import FairleadStorage

/// What a deletion did.
package struct DeletionResult: Sendable {
    /// The object as it last was, or as it is now while it is still being deleted.
    package var object: Value
    /// Whether it still exists, held by finalizers or its grace period.
    package var isWaiting: Bool
    package var warnings: [String] = []
}

extension API {
    /// Deletes the object, or marks it if finalizers or a grace period hold it.
    ///
    /// Reference: k8s.io/apiserver `registry/rest.BeforeDelete` and `registry/generic/registry.Store.Delete`.
    /// - Throws: 404, 409 for a failed precondition, 403 if the kind protects the object.
    package func delete(
        _ kind: Kind, namespace: String, name: String, options: DeletionOptions = DeletionOptions()
    ) async throws(APIStatus) -> DeletionResult {
        var lastMarked: StoredObject?
        return try await optimistically(kind, name: { name }, mayTryAgain: { _, _, hasMoved in hasMoved }) { snapshot in
            let key = kind.key(namespace: namespace, name: name)
            guard let existing = snapshot.object(key) else {
                // Marked here, then removed by whoever released the last hold.
                if let lastMarked { return DeletionResult(object: lastMarked.value, isWaiting: false) }
                guard let damage = snapshot.damaged[key] else { throw kind.notFound(name) }
                return try await deleteDamaged(kind, damage, options: options, snapshot)
            }
            let context = context(snapshot, isDryRun: options.isDryRun)
            // What cannot be shown cannot be deleted, as in Kubernetes.
            let old = try await presented(existing, kind)
            try checkPreconditions(kind, existing, options)
            try kind.strategy.validateDeletion(of: existing.value, context)
            let step = planDeletion(kind, existing.value, options, context)
            var warnings: [String] = []
            if lastMarked == nil, let admission = admissionRound(of: existing, kind, options, step, snapshot) {
                _ = try await admission.mutate(nil, old: old, warnings: &warnings)
                try await admission.validate(nil, old: old, warnings: &warnings)
            }
            if options.isDryRun || step.isUnchanged {
                return DeletionResult(object: step.object, isWaiting: !step.removes, warnings: warnings)
            }
            let result: CommitResult
            if step.marks {
                result = try await mark(existing, as: step.object)
                guard step.removes, let marked = result.objects.first else {
                    return DeletionResult(
                        object: result.objects.first?.value ?? step.object, isWaiting: true, warnings: warnings)
                }
                lastMarked = marked
                _ = try await remove(kind, marked, context)
                return DeletionResult(object: marked.value, isWaiting: false, warnings: warnings)
            }
            result = try await remove(kind, existing, context)
            return DeletionResult(
                object: result.objects.first?.value ?? step.object, isWaiting: false, warnings: warnings)
        }
    }

    /// A pod that is already being deleted, and no sooner than before, is not admitted again.
    private func admissionRound(
        of existing: StoredObject, _ kind: Kind, _ options: DeletionOptions, _ step: DeletionStep,
        _ snapshot: Snapshot
    ) -> AdmissionRound? {
        guard options.requester != nil, !admission.isEmpty else { return nil }
        let isPending =
            step.isUnchanged && existing.value.deletionTimestamp != nil
            && kind.strategy.gracePeriod(of: existing.value, requested: options.gracePeriodSeconds) != nil
        if isPending { return nil }
        return admissionRound(
            .delete, kind, namespace: existing.key.namespace, name: options.isOfCollection ? "" : existing.key.name,
            options: options.value, isDryRun: options.isDryRun, options.requester, snapshot)
    }

    private func mark(_ existing: StoredObject, as object: Value) async throws -> CommitResult {
        var transaction = Transaction()
        transaction.conditions.append(.init(key: existing.key, revision: existing.revision))
        transaction.operations.append(.put(existing.key, Document(object)))
        return try await store.commit(transaction)
    }

    private func remove(
        _ kind: Kind, _ existing: StoredObject, _ context: StrategyContext
    ) async throws -> CommitResult {
        var transaction = Transaction()
        var nothing: Value?
        try kind.strategy.allocate(&nothing, old: existing.value, in: &transaction, context)
        transaction.conditions.append(.init(key: existing.key, revision: existing.revision))
        transaction.operations.insert(.delete(existing.key), at: 0)
        return try await store.commit(transaction)
    }

    private func checkPreconditions(
        _ kind: Kind, _ existing: StoredObject, _ options: DeletionOptions
    ) throws(APIStatus) {
        let found = existing.value.uid
        let resource = GroupResource(group: kind.info.gvr.group, resource: kind.info.kind)
        if let wanted = options.uid, wanted != found {
            throw .conflict(
                resource, name: existing.key.name,
                "the UID in the precondition (\(wanted)) does not match the UID in record (\(found)). The object might have been deleted and then recreated"
            )
        }
        if let wanted = options.resourceVersion, wanted != String(existing.revision) {
            throw .conflict(
                resource, name: existing.key.name,
                "the ResourceVersion in the precondition (\(wanted)) does not match the ResourceVersion in record (\(existing.revision)). The object might have been modified"
            )
        }
    }

    private struct DeletionStep {
        var object: Value
        /// The object is written with its deletion marks.
        var marks: Bool
        /// The object is removed (after being marked, if both).
        var removes: Bool
        var isUnchanged: Bool { !marks && !removes }
    }

    private func planDeletion(
        _ kind: Kind, _ old: Value, _ options: DeletionOptions, _ context: StrategyContext
    ) -> DeletionStep {
        if old.deletionTimestamp == nil,
            let begun = kind.strategy.beginningFinalization(of: old, at: environment.now())
        {
            return DeletionStep(object: begun, marks: true, removes: false)
        }
        var object = old
        setPropagationFinalizers(&object, options.propagation ?? defaultPropagation(of: old, kind))
        let isHeld = kind.strategy.isHeld(object)
        if let period = kind.strategy.gracePeriod(of: old, requested: options.gracePeriodSeconds) {
            if let running = old.at("metadata", "deletionGracePeriodSeconds")?.int, old.deletionTimestamp != nil {
                // A later deletion can only shorten the grace period.
                if period >= running {
                    if object != old { return DeletionStep(object: object, marks: true, removes: false) }
                    return DeletionStep(object: old, marks: false, removes: running == 0 && !isHeld)
                }
                object.set(.int(period), at: "metadata", "deletionGracePeriodSeconds")
                object.set(.string(hurried(old, from: running, to: period)), at: "metadata", "deletionTimestamp")
            } else {
                stampDeletion(&object, period: period)
            }
            return DeletionStep(object: object, marks: true, removes: period == 0 && !isHeld)
        }
        guard isHeld else {
            return DeletionStep(object: old, marks: false, removes: true)
        }
        if old.deletionTimestamp == nil {
            stampDeletion(&object, period: 0)
            kind.strategy.prepareForDeletion(&object, context)
        }
        return DeletionStep(object: object, marks: object != old, removes: false)
    }

    private func stampDeletion(_ object: inout Value, period: Int64) {
        object.set(.string(deadline(after: period)), at: "metadata", "deletionTimestamp")
        object.set(.int(period), at: "metadata", "deletionGracePeriodSeconds")
        raiseGenerationForDeletion(&object)
    }

    /// Counted from when the deletion began, whatever the clock says now, as in Kubernetes.
    private func hurried(_ object: Value, from running: Int64, to period: Int64) -> String {
        guard let deadline = object.deletionTimestamp.flatMap({ Timestamp(rfc3339: $0) }) else {
            return self.deadline(after: period)
        }
        return deadline.adding(seconds: Double(period) - Double(running)).rfc3339
    }

    private func deadline(after seconds: Int64) -> String {
        environment.now().adding(seconds: Double(seconds)).rfc3339
    }

    /// Deletion counts as a change of the desired state, for kinds that have a generation.
    private func raiseGenerationForDeletion(_ object: inout Value) {
        if object.generation > 0 {
            object.set(.int(object.generation +| 1), at: "metadata", "generation")
        }
    }

    /// What happens to the dependents if the request does not say; nil if they are simply collected.
    private func defaultPropagation(of object: Value, _ kind: Kind) -> DeletionOptions.Propagation? {
        let isDecided = object.finalizers.contains { $0 == "orphan" || $0 == "foregroundDeletion" }
        return kind.strategy.orphansByDefault && !isDecided ? .orphan : nil
    }

    /// `orphan` and `foregroundDeletion` tell the garbage collector what to do with the dependents.
    private func setPropagationFinalizers(_ object: inout Value, _ propagation: DeletionOptions.Propagation?) {
        guard let propagation else { return }
        var finalizers = object.finalizers.filter { $0 != "orphan" && $0 != "foregroundDeletion" }
        switch propagation {
        case .orphan: finalizers.append("orphan")
        case .foreground: finalizers.append("foregroundDeletion")
        case .background: break
        }
        object.set(
            finalizers.isEmpty ? nil : .array(finalizers.map { .string($0) }), at: "metadata", "finalizers")
    }

    /// Removes damaged objects, which no list shows and no selector can match.
    private func removeDamaged(_ kind: Kind, in namespace: String?) async throws(APIStatus) {
        let snapshot = store.current
        let damages = snapshot.damaged.values.filter {
            $0.key.resource == kind.info.storage && (namespace == nil || $0.key.namespace == namespace)
        }
        if !damages.isEmpty { try await removeDamaged(damages, snapshot) }
    }

    /// Deletes what a list would show, up to the first object that cannot be deleted: a few objects one by one and in
    /// order, many in groups that share commits.
    ///
    /// - Returns: the selected objects, as they were when listed.
    /// - Throws: like `list`, and like `delete` except for 404: an object that is already gone is not a failure.
    func deleteCollection(
        _ kind: Kind, _ selection: Selection, _ list: ListOptions, options: DeletionOptions
    ) async throws(APIStatus) -> ListPage {
        var page = try self.list(kind, selection, list)
        page.objects = try await presentable(page.objects, kind)
        var options = options
        options.isOfCollection = true
        if selection.isEverything, !options.isDryRun { try await removeDamaged(kind, in: selection.namespace) }
        let size = page.objects.count > Self.fewDeletions ? Self.deletionsAtOnce : 1
        for start in stride(from: 0, to: page.objects.count, by: size) {
            try Self.checkCancellation()
            try await delete(kind, page.objects[start..<min(start + size, page.objects.count)], options)
        }
        return page
    }

    private static let fewDeletions = 16
    private static let deletionsAtOnce = 64

    /// A client that has left gets no answer, and the rest of a long deletion is not carried out for it.
    private static func checkCancellation() throws(APIStatus) {
        if Task.isCancelled { throw APIStatus(code: 504, reason: "Timeout", message: "the client has left") }
    }

    private func delete(
        _ kind: Kind, _ objects: ArraySlice<StoredObject>, _ options: DeletionOptions
    ) async throws(APIStatus) {
        func delete(_ object: StoredObject) async -> APIStatus? {
            do throws(APIStatus) {
                _ = try await self.delete(
                    kind, namespace: object.key.namespace, name: object.key.name, options: options)
            } catch {
                return error.code == 404 ? nil : error
            }
            return nil
        }
        var failures: [(place: Int, status: APIStatus)] = []
        await withTaskGroup(of: (Int, APIStatus?).self) { group in
            for (place, object) in zip(objects.indices, objects) {
                group.addTask { (place, await delete(object)) }
            }
            for await case (let place, let status?) in group { failures.append((place, status)) }
        }
        if let first = failures.min(by: { $0.place < $1.place }) { throw first.status }
    }
}
