import FairleadAPI
import FairleadIdentity
import FairleadKinds
import FairleadModel
import Logging
import Synchronization

/// Notes on Secrets with tokens on which day they were last used, with a label as Kubernetes does.
///
/// Authentication runs on event loops: it only leaves a note here, and the label is written later, once for each Secret
/// and day.
final class SecretTokenUses: Sendable {
    private let notes: AsyncStream<ObjectName>
    private let continuation: AsyncStream<ObjectName>.Continuation
    /// The day on which the label of a Secret was last looked at.
    private let days = Mutex<[ObjectName: String]>([:])
    private let now: @Sendable () -> Timestamp

    /// As many Secrets are remembered, and may wait. One that is forgotten is looked at once more.
    private static let capacity = 1024

    init(now: @escaping @Sendable () -> Timestamp) {
        self.now = now
        (notes, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(Self.capacity))
    }

    /// The token in this Secret has been used.
    func note(_ secret: ObjectName) {
        let day = today
        let isNew = days.withLock { days in
            if days[secret] == day { return false }
            if days.count >= Self.capacity { days = [:] }
            days[secret] = day
            return true
        }
        if isNew { continuation.yield(secret) }
    }

    private var today: String { String(now().rfc3339.prefix(10)) }

    /// Writes labels until the task is cancelled.
    func run(_ client: LoopbackClient, logger: Logger) async {
        for await secret in notes {
            let label: Value = .string(today)
            do throws(APIStatus) {
                let object = try await client.get(.secrets, namespace: secret.namespace, name: secret.name)
                if object.labels[LegacyTokenLabels.lastUsed] == today { continue }
                _ = try await client.patch(
                    .secrets, namespace: secret.namespace, name: secret.name,
                    ["metadata": ["labels": .object([LegacyTokenLabels.lastUsed: label])]], subresource: nil)
            } catch {
                if error.code == 404 { continue }
                logger.warning("cannot note the use of the token in Secret \(secret): \(error.message)")
            }
        }
    }
}
