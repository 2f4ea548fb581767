import Synchronization

/// What admission says about a request besides yes or no: warnings for the client, annotations for the audit log.
///
/// One for each request, filled in by whoever admits it, also if the request is denied in the end.
package final class AdmissionNotes: Sendable {
    private struct State {
        var warnings: [String] = []
        var annotations: [String: String] = [:]
    }

    /// What one request may gather, however many webhooks and attempts there are.
    private static let maximumWarnings = 1000
    private static let maximumAnnotations = 1000

    private let state = Mutex(State())

    package init() {}

    /// In the order in which they were added, each once.
    package var warnings: [String] { state.withLock { $0.warnings } }
    package var annotations: [String: String] { state.withLock { $0.annotations } }

    package func warn(_ text: String) {
        state.withLock { state in
            guard state.warnings.count < Self.maximumWarnings, !state.warnings.contains(text) else { return }
            state.warnings.append(text)
        }
    }

    /// The first value of a key stays, as in Kubernetes' audit events.
    package func annotate(_ key: String, _ value: String) {
        state.withLock { state in
            guard state.annotations.count < Self.maximumAnnotations, state.annotations[key] == nil else { return }
            state.annotations[key] = value
        }
    }

    /// How many warnings there are, and those that came after that many.
    var count: Int { state.withLock { $0.warnings.count } }
    func warnings(after count: Int) -> ArraySlice<String> { state.withLock { $0.warnings.dropFirst(count) } }
}
