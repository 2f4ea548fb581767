import FairleadModel

extension Kind {
    static let podTemplate = Kind(
        "PodTemplate", resource: "podtemplates", package: "core.v1", storageHash: "LIXB2x4IFpk=",
        strategy: PodTemplateStrategy(),
        columns: TablePrinter([
            .name, TableColumn("Containers", "Names of each container in the template."),
            TableColumn("Images", "Images referenced by each container in the template."),
            TableColumn("Pod Labels", "The labels for the pod template."),
        ]) { [$0.name] + $0.containers("template", "spec") + [$0.labels("template", "metadata", "labels")] })
}
