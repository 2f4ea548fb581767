import FairleadRules
import Foundation
package import FairleadModel

/// The rules for PriorityLevelConfigurations.
///
/// Reference: k8s.io/kubernetes `pkg/apis/flowcontrol/validation`.
package enum PriorityLevelValidation {
    private static let spec = FieldPath("spec")

    package static func errors(for level: Value) -> [FieldError] {
        let value = level["spec"] ?? .null
        return errors(of: value, name: level.name) + fixedErrors(value, name: level.name)
            + FlowSchemaValidation.conditionErrors(for: level)
    }

    private static func errors(of value: Value, name: String) -> [FieldError] {
        let type = value.text("type")
        var errors: [FieldError] = []
        if (name == "exempt") != (type == "Exempt") {
            errors.append(
                .invalid(
                    spec.child("type"), .string(type), "must be 'Exempt' if and only if `name` is 'exempt'"))
        }
        switch type {
        case "Exempt":
            if value["limited"] != nil {
                errors.append(.forbidden(spec.child("limited"), "must be nil if the type is not Limited"))
            }
            if let exempt = value["exempt"] { errors += self.exempt(exempt, spec.child("exempt")) }
        case "Limited":
            if value["exempt"] != nil {
                errors.append(.forbidden(spec.child("exempt"), "must be nil if the type is Limited"))
            }
            if let limited = value["limited"] {
                errors += self.limited(limited, spec.child("limited"))
            } else {
                errors.append(.required(spec.child("limited"), "must not be empty when type is Limited"))
            }
        default:
            errors.append(.notSupported(spec.child("type"), .string(type), supported: ["Exempt", "Limited"]))
        }
        return errors
    }

    private static func fixedErrors(_ value: Value, name: String) -> [FieldError] {
        guard let fixed = MandatoryFlowControl.levels[name] else { return [] }
        var compared = value
        var words = ""
        // Only the `exempt` field of the exempt level may be changed.
        if name == "exempt" {
            compared["exempt"] = fixed["exempt"]
            words = "except the 'spec.exempt' field "
        }
        if compared == fixed { return [] }
        return [
            .invalid(
                spec, printed: InternalForm.text(of: value, as: "PriorityLevelConfigurationSpec"),
                "spec of '\(name)' \(words)must equal the fixed value")
        ]
    }

    private static func shares(_ value: Value, _ path: FieldPath) -> [FieldError] {
        guard let shares = value["nominalConcurrencyShares"]?.int, shares < 0 else { return [] }
        return [.invalid(path.child("nominalConcurrencyShares"), .int(shares), "must be a non-negative integer")]
    }

    private static func lendable(_ value: Value, _ path: FieldPath) -> [FieldError] {
        FieldChecks.inRange(value["lendablePercent"], 0...100, path.child("lendablePercent"))
    }

    private static func exempt(_ value: Value, _ path: FieldPath) -> [FieldError] {
        shares(value, path) + lendable(value, path)
    }

    private static func limited(_ value: Value, _ path: FieldPath) -> [FieldError] {
        var errors = shares(value, path)
        errors += response(value["limitResponse"] ?? .null, path.child("limitResponse"))
        errors += lendable(value, path)
        if let percent = value["borrowingLimitPercent"]?.int, percent < 0 {
            errors.append(
                .invalid(
                    path.child("borrowingLimitPercent"), .int(percent),
                    "if specified, must be a non-negative integer"))
        }
        return errors
    }

    private static func response(_ value: Value, _ path: FieldPath) -> [FieldError] {
        switch (value.text("type"), value["queuing"]) {
        case ("Reject", .some):
            return [
                .forbidden(
                    path.child("queuing"), "must be nil if limited.limitResponse.type is not Limited")
            ]
        case ("Reject", nil): return []
        case ("Queue", let queuing?): return self.queuing(queuing, path.child("queuing"))
        case ("Queue", nil):
            return [
                .required(path.child("queuing"), "must not be empty if limited.limitResponse.type is Limited")
            ]
        case (let other, _):
            return [.notSupported(path.child("type"), .string(other), supported: ["Queue", "Reject"])]
        }
    }

    private static let mostQueues: Int64 = 10_000_000
    private static let hashBits: Double = 60

    private static func queuing(_ value: Value, _ path: FieldPath) -> [FieldError] {
        let queues = value.number("queues")
        let hand = value.number("handSize")
        let length = value.number("queueLengthLimit")
        var errors: [FieldError] = []
        if length <= 0 { errors.append(.invalid(path.child("queueLengthLimit"), .int(length), "must be positive")) }
        if queues <= 0 {
            errors.append(.invalid(path.child("queues"), .int(queues), "must be positive"))
        } else if queues > mostQueues {
            errors.append(
                .invalid(path.child("queues"), .int(queues), "must not be greater than \(mostQueues)"))
        }
        let here = path.child("handSize")
        if hand <= 0 {
            errors.append(.invalid(here, .int(hand), "must be positive"))
        } else if hand > queues {
            errors.append(.invalid(here, .int(hand), "should not be greater than queues (\(queues))"))
        } else if (log2(Double(queues)) * Double(hand)).rounded(.up) > hashBits {
            // The whole hand is dealt from a single hash of the flow.
            errors.append(
                .invalid(
                    here, .int(hand),
                    "required entropy bits of deckSize \(queues) and handSize \(hand) should not be greater than 60"))
        }
        return errors
    }
}
