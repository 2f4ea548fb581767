import CoreMetrics
import FairleadAdmission
import FairleadMetrics
import FairleadModel

/// The metrics of admission policies, under kube-apiserver's names.
final class PolicyMetrics: Sendable {
    private let factory: any MetricsFactory
    /// Of policies and bindings.
    private let names = LabelVocabulary()

    /// Without a factory nothing is recorded.
    init(factory: any MetricsFactory = NOOPMetricsHandler.instance) { self.factory = factory }

    func observe(_ observation: PolicyObservation) {
        var dimensions = [
            ("error_type", observation.error.rawValue), ("policy", names.label(observation.policy)),
            ("policy_binding", names.label(observation.binding)),
        ]
        if let action = observation.action { dimensions.append(("enforcement_action", action)) }
        let isValidating = observation.action != nil
        Counter(
            label: isValidating ? Self.validatingChecks : Self.mutatingChecks, dimensions: dimensions, factory: factory
        ).increment()
        Timer(
            label: isValidating ? Self.validatingTimes : Self.mutatingTimes, dimensions: dimensions, factory: factory
        ).recordNanoseconds(observation.time.wholeNanoseconds)
    }

    private static let validatingChecks = "apiserver_validating_admission_policy_check_total"
    private static let validatingTimes = "apiserver_validating_admission_policy_check_duration_seconds"
    private static let mutatingChecks = "apiserver_mutating_admission_policy_check_total"
    private static let mutatingTimes = "apiserver_mutating_admission_policy_check_duration_seconds"
    private static let bounds = [0.0000005, 0.001, 0.01, 0.1, 1]

    static let families: [MetricFamily] = [
        MetricFamily(validatingChecks, .counter, "What validating admission policies decided, and errors of theirs."),
        MetricFamily(
            validatingTimes, .histogram(bounds: bounds), "Seconds that validating admission policies took to decide."),
        MetricFamily(mutatingChecks, .counter, "Evaluations of mutating admission policies."),
        MetricFamily(
            mutatingTimes, .histogram(bounds: bounds), "Seconds that mutating admission policies took."),
    ]
}
