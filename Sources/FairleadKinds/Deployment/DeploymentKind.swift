import FairleadModel

extension Kind {
    static let deployment = Kind(
        "Deployment", group: "apps", resource: "deployments", shortNames: ["deploy"], categories: ["all"],
        subresources: [.scale, .status("Deployment")], package: "apps.v1", storageHash: "8aSe+NMegvE=",
        strategy: DeploymentStrategy(),
        columns: TablePrinter([
            .name, TableColumn("Ready", "Number of the pod with ready state"), TableColumn("Up-to-date"),
            TableColumn("Available"), .age, .containers, .images, .selector,
        ]) { subject in
            let ready = "\(subject.count("status", "readyReplicas"))/\(subject.count("spec", "replicas"))"
            return [
                subject.name, .string(ready), subject.number("status", "updatedReplicas"),
                subject.number("status", "availableReplicas"), subject.age,
            ] + subject.containers("spec", "template", "spec") + [subject.selector("spec", "selector")]
        })
}
