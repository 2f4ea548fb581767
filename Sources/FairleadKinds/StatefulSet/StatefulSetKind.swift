import FairleadModel

extension Kind {
    static let statefulSet = Kind(
        "StatefulSet", group: "apps", resource: "statefulsets", shortNames: ["sts"], categories: ["all"],
        subresources: [.scale, .status("StatefulSet")], package: "apps.v1", storageHash: "H+vl74LkKdo=",
        strategy: StatefulSetStrategy(),
        columns: TablePrinter([
            .name, TableColumn("Ready", "Number of the pod with ready state"), .age, .containers, .images,
        ]) { subject in
            let ready = "\(subject.count("status", "readyReplicas"))/\(subject.count("spec", "replicas"))"
            return [subject.name, .string(ready), subject.age] + subject.containers("spec", "template", "spec")
        })
}
