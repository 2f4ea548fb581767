import FairleadModel
import FairleadKindRules

extension Kind {
    static let volumeAttachment = Kind(
        "VolumeAttachment", group: "storage.k8s.io", resource: "volumeattachments", isNamespaced: false,
        subresources: [.status("VolumeAttachment")], package: "storage.v1", storageHash: "tJx/ezt6UDU=",
        strategy: VolumeAttachmentStrategy(),
        columns: TablePrinter([
            .name, TableColumn("Attacher"), TableColumn("PV"), TableColumn("Node"),
            TableColumn("Attached", type: "boolean"), .age,
        ]) { subject in
            [
                subject.name, subject.text("spec", "attacher"),
                subject.text("spec", "source", "persistentVolumeName"), subject.text("spec", "nodeName"),
                .bool(subject["status", "attached"]?.bool ?? false), subject.age,
            ]
        })
}

/// The rules of VolumeAttachments, whose spec is immutable.
struct VolumeAttachmentStrategy: ResourceStrategy {
    func prepareForCreate(_ object: inout Value, _ context: StrategyContext) {
        object["status"] = ["attached": false]
    }

    func prepareForStatusUpdate(_ object: inout Value, old: Value, _ context: StrategyContext) {
        object["spec"] = old["spec"]
        for field in ["labels", "annotations", "finalizers", "ownerReferences"] {
            object.set(old.at("metadata", field), at: "metadata", field)
        }
    }

    func validate(_ object: Value, _ context: StrategyContext) -> [FieldError] {
        CSIValidation.attachmentErrors(for: object)
    }

    func validateUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        CSIValidation.attachmentErrors(for: object, old: old)
    }

    func validateStatusUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        CSIValidation.attachmentErrors(for: object, old: old)
    }

    var allowsUnconditionalUpdate: Bool { false }
    var answersDeletedObject: Bool { true }
}
