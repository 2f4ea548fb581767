package import FairleadClient
package import FairleadModel

/// Creates and deletes pods for workload controllers, and records events about it on the owner.
package struct PodWriter: Sendable {
    let client: any ObjectClient
    let recorder: EventRecorder

    package init(client: any ObjectClient, recorder: EventRecorder) {
        self.client = client
        self.recorder = recorder
    }

    /// The outcome of a series of creations.
    private struct Outcome: Sendable {
        var succeeded = 0
        var failure: APIStatus?
    }

    /// Creates pods, and lets the tracker expect them in the cache. Returns a failure that a retry may fix, if there
    /// was one.
    package func create(
        _ pods: [Value], for owner: Value, key: ObjectName, _ tracker: PodTracker
    ) async -> APIStatus? {
        if pods.isEmpty { return nil }
        tracker.expectCreations(pods.count, of: key)
        let outcome = await create(pods, for: owner)
        tracker.giveUpCreations(pods.count - outcome.succeeded, of: key)
        return outcome.failure?.isNamespaceTerminating == true ? nil : outcome.failure
    }

    /// Creates one pod, and for each that has succeeded two more at the same time; none after a failure: a quota or an
    /// admission error that refuses one pod would refuse them all.
    private func create(_ pods: [Value], for owner: Value) async -> Outcome {
        await withTaskGroup(of: APIStatus?.self) { group in
            var outcome = Outcome()
            var (started, allowed) = (0, 1)
            func startMore() {
                while started < min(allowed, pods.count) {
                    let pod = pods[started]
                    group.addTask { await create(pod, for: owner) }
                    started += 1
                }
            }
            startMore()
            for await failure in group {
                if let failure {
                    outcome.failure = outcome.failure ?? failure
                } else {
                    outcome.succeeded += 1
                    allowed = allowed +| 2
                }
                if outcome.failure == nil { startMore() }
            }
            return outcome
        }
    }

    /// Records why an owner gets no more pods for now.
    package func recordHeldBack(_ owner: Value) {
        recorder.event(about: owner, type: "Warning", reason: "FailedCreate", message: CreationBurst.message)
    }

    private func create(_ pod: Value, for owner: Value) async -> APIStatus? {
        do {
            let created = try await client.create(.pods, namespace: owner.namespace, pod)
            recorder.event(
                about: owner, type: "Normal", reason: "SuccessfulCreate", message: "Created pod: \(created.name)")
            return nil
        } catch {
            if !error.isNamespaceTerminating {
                recorder.event(
                    about: owner, type: "Warning", reason: "FailedCreate", message: "Error creating: \(error.message)")
            }
            return error
        }
    }

    /// Deletes one pod; a pod that is already gone counts as deleted.
    package func delete(_ pod: Value, for owner: Value) async throws(APIStatus) {
        do {
            try await client.delete(
                .pods, namespace: pod.namespace, name: pod.name, options: DeleteOptions(uid: pod.uid))
            recorder.event(
                about: owner, type: "Normal", reason: "SuccessfulDelete", message: "Deleted pod: \(pod.name)")
        } catch {
            if error.code == 404 { return }
            recorder.event(
                about: owner, type: "Warning", reason: "FailedDelete",
                message: "Error deleting: \(error.message)")
            throw error
        }
    }
}
