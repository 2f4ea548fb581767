import Synchronization

/// Whether the plugins that change an object are asked a second time: once, and only if one of them found that another
/// had changed the object after it. Each may keep what it has to know in the second pass.
///
/// Reference: k8s.io/apiserver `pkg/admission/reinvocation.go`.
package final class AdmissionReinvocation: Sendable {
    private struct State {
        var isSecond = false
        var isWanted = false
        var notes: [String: any Sendable] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    /// Whether this is the second pass.
    package var isSecond: Bool { state.withLock { $0.isSecond } }
    var isWanted: Bool { state.withLock { $0.isWanted && !$0.isSecond } }

    /// Asks for a second pass.
    package func request() { state.withLock { $0.isWanted = true } }
    func beginSecond() { state.withLock { $0.isSecond = true } }

    /// What the plugin noted, in this pass or the first.
    package subscript(plugin: String) -> (any Sendable)? {
        get { state.withLock { $0.notes[plugin] } }
        set { state.withLock { $0.notes[plugin] = newValue } }
    }
}
