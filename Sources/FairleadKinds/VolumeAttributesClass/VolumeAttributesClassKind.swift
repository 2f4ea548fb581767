import FairleadModel
import FairleadKindRules

extension Kind {
    static let volumeAttributesClass = Kind(
        "VolumeAttributesClass", group: "storage.k8s.io", resource: "volumeattributesclasses", shortNames: ["vac"],
        isNamespaced: false, package: "storage.v1", storageHash: "tIjydgKBC5w=",
        strategy: VolumeAttributesClassStrategy(),
        columns: TablePrinter([.name, TableColumn("DriverName"), .age]) {
            [
                $0.name,
                $0.text("driverName"), $0.age,
            ]
        })
}

/// The rules of VolumeAttributesClasses, which are immutable.
struct VolumeAttributesClassStrategy: ResourceStrategy {
    func admit(_ object: inout Value, old: Value?, _ context: StrategyContext) throws(APIStatus) {
        if old == nil { InUseProtection.protect(&object, by: InUseProtection.attributesClass, context) }
    }

    func validate(_ object: Value, _ context: StrategyContext) -> [FieldError] {
        StorageClassValidation.attributesErrors(for: object)
    }

    func validateUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        StorageClassValidation.attributesErrors(for: object, old: old)
    }

    var answersDeletedObject: Bool { true }
}
