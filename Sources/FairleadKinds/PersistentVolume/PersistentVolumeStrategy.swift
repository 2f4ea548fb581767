import FairleadKindRules
import FairleadModel

/// The rules of PersistentVolumes.
struct PersistentVolumeStrategy: ResourceStrategy {
    func setDefaults(_ object: inout Value) {
        var spec = object["spec"] ?? .object(Object())
        spec.setDefaultText("persistentVolumeReclaimPolicy", "Retain")
        spec.setDefault("volumeMode", "Filesystem")
        spec.change("hostPath") { $0.setDefault("type", "") }
        object["spec"] = spec
        var status = object["status"] ?? .object(Object())
        status.setDefaultText("phase", "Pending")
        object["status"] = status
    }

    func admit(_ object: inout Value, old: Value?, _ context: StrategyContext) throws(APIStatus) {
        if old == nil { InUseProtection.protect(&object, by: InUseProtection.volume, context) }
    }

    func prepareForCreate(_ object: inout Value, _ context: StrategyContext) {
        object["status"] = [
            "phase": "Pending", "lastPhaseTransitionTime": .string(context.environment.now().rfc3339),
        ]
    }

    func prepareForStatusUpdate(_ object: inout Value, old: Value, _ context: StrategyContext) {
        object["spec"] = old["spec"]
        let time = "lastPhaseTransitionTime"
        let before = old.at("status", time)
        if object.at("status", "phase") == old.at("status", "phase") {
            if object.at("status", time) == nil { object.set(before, at: "status", time) }
        } else if object.at("status", time) == nil || object.at("status", time) == before {
            object.set(.string(context.environment.now().rfc3339), at: "status", time)
        }
    }

    func validate(_ object: Value, _ context: StrategyContext) -> [FieldError] {
        PersistentVolumeValidation.errors(for: object)
    }

    func validateUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        PersistentVolumeValidation.errors(for: object, old: old)
    }

    var answersDeletedObject: Bool { true }
}
