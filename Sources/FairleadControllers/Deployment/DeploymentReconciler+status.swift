import FairleadModel

extension DeploymentReconciler {
    /// The counts and the Available condition.
    mutating func updateStatus() {
        func sum(_ field: String) -> Int64 { allSets.map { $0.status(field) }.saturatingSum() }
        let available = sum("availableReplicas")
        let wanted = allSets.map(\.size).saturatingSum()
        var status = deployment["status"]?.object ?? Object()
        func count(_ number: Int64) -> Value? { number == 0 ? nil : .int32(number) }
        status["observedGeneration"] = original.at("metadata", "generation")
        status["replicas"] = count(sum("replicas"))
        status["updatedReplicas"] = count(newSet?.status("replicas") ?? 0)
        status["readyReplicas"] = count(sum("readyReplicas"))
        status["availableReplicas"] = count(available)
        status["unavailableReplicas"] = count(max(0, wanted -| available))
        let isTerminatingKnown = allSets.allSatisfy { $0.value.at("status", "terminatingReplicas") != nil }
        status["terminatingReplicas"] = isTerminatingKnown ? .int32(sum("terminatingReplicas")) : nil
        if available >= replicas -| limits.unavailable {
            conditions.change(
                "Available", "True", reason: "MinimumReplicasAvailable",
                message: "Deployment has minimum availability.", now: now)
        } else {
            conditions.change(
                "Available", "False", reason: "MinimumReplicasUnavailable",
                message: "Deployment does not have minimum availability.", now: now)
        }
        status["conditions"] = conditions.value
        deployment["status"] = .object(status)
    }

    /// The same during a rollout, including Progressing and ReplicaFailure.
    mutating func updateRolloutStatus() {
        updateStatus()
        let status = deployment["status"]
        if progressDeadline == nil {
            conditions.remove("Progressing")
        } else {
            let isSettled =
                conditions.reason("Progressing") == "NewReplicaSetAvailable"
                && number(status, "replicas") == number(status, "updatedReplicas")
            if !isSettled { noteProgress(status) }
        }
        let failures = newSet.flatMap(Self.failure) ?? oldSets.lazy.compactMap(Self.failure).first
        if let failures { conditions.takeFailure(failures) } else { conditions.remove("ReplicaFailure") }
        deployment.set(conditions.value, at: "status", "conditions")
    }

    private mutating func noteProgress(_ status: Value?) {
        let subject = newSet.map { "ReplicaSet \($0.name.goQuoted)" } ?? "Deployment \(deployment.name.goQuoted)"
        if isComplete(status) {
            conditions.change(
                "Progressing", "True", reason: "NewReplicaSetAvailable",
                message: "\(subject) has successfully progressed.", now: now)
        } else if hasProgressed(to: status) {
            conditions.renew(
                "Progressing", "True", reason: "ReplicaSetUpdated", message: "\(subject) is progressing.", now: now)
        } else if isTimedOut {
            conditions.change(
                "Progressing", "False", reason: "ProgressDeadlineExceeded",
                message: "\(subject) has timed out progressing.", now: now)
        }
    }

    func isComplete(_ status: Value?) -> Bool {
        number(status, "updatedReplicas") == replicas && number(status, "replicas") == replicas
            && number(status, "availableReplicas") == replicas
            && number(status, "observedGeneration") >= original.at("metadata", "generation")?.int ?? 0
    }

    private func hasProgressed(to status: Value?) -> Bool {
        let old = original["status"]
        func grew(_ field: String) -> Bool { number(status, field) > number(old, field) }
        let oldBefore = number(old, "replicas") -| number(old, "updatedReplicas")
        let oldNow = number(status, "replicas") -| number(status, "updatedReplicas")
        return grew("updatedReplicas") || oldNow < oldBefore || grew("readyReplicas") || grew("availableReplicas")
    }

    private var isTimedOut: Bool {
        guard let deadline = progressDeadline, let reason = conditions.reason("Progressing") else { return false }
        if reason == "NewReplicaSetAvailable" { return false }
        if reason == "ProgressDeadlineExceeded" { return true }
        guard let since = lastProgress else { return false }
        return now.duration(since: since) > .seconds(saturating: Double(deadline))
    }

    private var lastProgress: Timestamp? {
        conditions["Progressing"]?["lastUpdateTime"]?.string.flatMap { Timestamp(rfc3339: $0) }
    }

    /// Nil if the deadline does not apply.
    var timeToDeadline: Duration? {
        guard !isPaused, deployment.deletionTimestamp == nil, let deadline = progressDeadline, let since = lastProgress,
            !isComplete(deployment["status"]), conditions.reason("Progressing") != "ProgressDeadlineExceeded",
            conditions.reason("Progressing") != "NewReplicaSetAvailable"
        else { return nil }
        let second = Duration.seconds(1)
        return max(second, .seconds(saturating: Double(deadline)) - now.duration(since: since) + second)
    }

    private func number(_ status: Value?, _ field: String) -> Int64 { status?[field]?.int ?? 0 }

    private static func failure(_ set: OwnedReplicaSet) -> Value? {
        Conditions(of: set.value)["ReplicaFailure"]
    }
}
