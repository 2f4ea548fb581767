import FairleadRules
package import FairleadModel

/// All field errors of a HorizontalPodAutoscaler in the autoscaling/v2 form, in Kubernetes' order.
///
/// Reference: k8s.io/kubernetes `pkg/apis/autoscaling/validation/validation.go`.
package struct AutoscalerValidation {
    private let spec: Value
    private let old: Value?
    private let path = FieldPath("spec")

    /// - Parameter old: the previous spec; nil for a new object.
    package init(spec: Value, old: Value? = nil) {
        self.spec = spec
        self.old = old
    }

    package func errors() -> [FieldError] {
        let reference = spec["scaleTargetRef"] ?? .null
        let before = old?["scaleTargetRef"]
        // The version used not to be validated, so an existing one may stay if the reference does not change.
        let isOld = before != nil && before?["kind"] == reference["kind"]
        let check = ObjectReferenceValidation(
            needsGroup: reference.text("kind") != "ReplicationController",
            needsVersion: !(isOld && before?["apiVersion"] == reference["apiVersion"]))
        let behavior = path.child("behavior")
        return bounds() + check.errors(of: reference, path.child("scaleTargetRef")) + metrics()
            + ScalingRulesValidation.errors(spec.at("behavior", "scaleUp"), behavior.child("scaleUp"))
            + ScalingRulesValidation.errors(spec.at("behavior", "scaleDown"), behavior.child("scaleDown"))
    }

    private func bounds() -> [FieldError] {
        let least = spec["minReplicas"]?.int
        let most = spec.number("maxReplicas")
        let here = path.child("maxReplicas")
        // Zero requires a feature that is off; an object that already has it may keep it.
        let bound: Int64 = old?["minReplicas"]?.int == 0 ? 0 : 1
        var errors: [FieldError] = []
        if let least, least < bound {
            errors.append(
                .invalid(path.child("minReplicas"), .int(least), "must be greater than or equal to \(bound)"))
        }
        if most == 0 {
            errors.append(.required(here, "must be set and greater than 0"))
        } else if most < 1 {
            errors.append(.invalid(here, .int(most), "must be greater than or equal to 1"))
        }
        if let least, most < least {
            errors.append(.invalid(here, .int(most), "must be greater than or equal to `minReplicas`"))
        }
        return errors
    }

    private func metrics() -> [FieldError] {
        let here = path.child("metrics")
        var errors: [FieldError] = []
        for (index, metric) in spec.items("metrics").enumerated() {
            errors += MetricValidation.errors(of: metric, here.index(index))
        }
        let canScaleFromZero = spec.items("metrics").contains { ["Object", "External"].contains($0.text("type")) }
        if spec["minReplicas"]?.int == 0, !canScaleFromZero {
            errors.append(
                .forbidden(
                    here,
                    "must specify at least one Object or External metric to support scaling to zero replicas"))
        }
        return errors
    }
}

/// A reference to an object by kind, name and version.
struct ObjectReferenceValidation {
    var needsGroup = false
    var needsVersion = true

    func errors(of reference: Value, _ path: FieldPath) -> [FieldError] {
        var errors = FieldChecks.kindAndName(of: reference, path)
        let version = reference.text("apiVersion")
        if needsVersion, let message = versionError(version) {
            errors.append(.invalid(path.child("apiVersion"), .string(version), message))
        }
        return errors
    }

    private func versionError(_ version: String) -> String? {
        let slashes = version.utf8.count { $0 == UInt8(ascii: "/") }
        if slashes > 1 { return "unexpected GroupVersion string: \(version)" }
        let hasGroup = slashes == 1 && !version.hasPrefix("/")
        return needsGroup && !hasGroup ? "apiVersion must specify API group" : nil
    }
}

/// How fast an autoscaler may scale in one direction.
enum ScalingRulesValidation {
    private static let longestPeriod: Int64 = 1800
    private static let longestWindow: Int64 = 3600

    static func errors(_ rules: Value?, _ path: FieldPath) -> [FieldError] {
        guard let rules else { return [] }
        var errors: [FieldError] = []
        if let window = rules["stabilizationWindowSeconds"]?.int {
            let here = path.child("stabilizationWindowSeconds")
            if window < 0 { errors.append(.invalid(here, .int(window), "must be greater than or equal to zero")) }
            if window > longestWindow {
                errors.append(.invalid(here, .int(window), "must be less than or equal to \(longestWindow)"))
            }
        }
        if let policy = rules["selectPolicy"]?.string {
            errors += FieldChecks.oneOf(policy, ["Disabled", "Max", "Min"], path.child("selectPolicy"))
        }
        let policies = path.child("policies")
        if rules.items("policies").isEmpty { errors.append(.required(policies, "must specify at least one Policy")) }
        for (index, policy) in rules.items("policies").enumerated() {
            errors += self.errors(ofPolicy: policy, policies.index(index))
        }
        if let tolerance = rules["tolerance"]?.string, Quantity(tolerance)?.isNegative == true {
            errors.append(
                .invalid(path.child("tolerance"), .string(tolerance), "must be greater or equal to zero"))
        }
        return errors
    }

    private static func errors(ofPolicy policy: Value, _ path: FieldPath) -> [FieldError] {
        var errors = FieldChecks.oneOf(policy.text("type"), ["Percent", "Pods"], path.child("type"))
        for field in ["value", "periodSeconds"] where policy.number(field) <= 0 {
            errors.append(.invalid(path.child(field), .int(policy.number(field)), "must be greater than zero"))
        }
        let period = policy.number("periodSeconds")
        if period > longestPeriod {
            errors.append(
                .invalid(
                    path.child("periodSeconds"), .int(period), "must be less than or equal to \(longestPeriod)"))
        }
        return errors
    }
}
