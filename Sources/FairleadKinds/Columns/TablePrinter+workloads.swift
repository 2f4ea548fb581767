import FairleadModel

extension TablePrinter {
    private static func apps(_ resource: String) -> GroupResource { GroupResource(group: "apps", resource: resource) }

    /// The Scale of whatever can be scaled.
    package static let scale = TablePrinter([
        .name, .integer("Desired", "replicas is the desired number of instances for the scaled object."),
        .integer("Available", "replicas is the actual number of observed instances of the scaled object."), .age,
    ]) { [$0.name, $0.number("spec", "replicas"), $0.number("status", "replicas"), $0.age] }

    /// Pods and what makes them.
    static let workloads: [GroupResource: TablePrinter] = [
        core("pods"): pods,
        core("podtemplates"): TablePrinter([
            .name, TableColumn("Containers", "Names of each container in the template."),
            TableColumn("Images", "Images referenced by each container in the template."),
            TableColumn("Pod Labels", "The labels for the pod template."),
        ]) { [$0.name] + $0.containers("template", "spec") + [$0.labels("template", "metadata", "labels")] },
        core("replicationcontrollers"): TablePrinter(replicaColumns) { subject in
            replicaCells(subject) + [subject.labels("spec", "selector")]
        },
        apps("replicasets"): TablePrinter(replicaColumns) { subject in
            replicaCells(subject) + [subject.selector("spec", "selector")]
        },
        apps("deployments"): TablePrinter([
            .name, TableColumn("Ready", "Number of the pod with ready state"), TableColumn("Up-to-date"),
            TableColumn("Available"), .age, .containers, .images, selectorColumn,
        ]) { subject in
            let ready = "\(subject.count("status", "readyReplicas"))/\(subject.count("spec", "replicas"))"
            return [
                subject.name, .string(ready), subject.number("status", "updatedReplicas"),
                subject.number("status", "availableReplicas"), subject.age,
            ] + subject.containers("spec", "template", "spec") + [subject.selector("spec", "selector")]
        },
        apps("statefulsets"): TablePrinter([
            .name, TableColumn("Ready", "Number of the pod with ready state"), .age, .containers, .images,
        ]) { subject in
            let ready = "\(subject.count("status", "readyReplicas"))/\(subject.count("spec", "replicas"))"
            return [subject.name, .string(ready), subject.age] + subject.containers("spec", "template", "spec")
        },
        apps("daemonsets"): TablePrinter([
            .name, .integer("Desired"), .integer("Current"), .integer("Ready"), .integer("Up-to-date"),
            .integer("Available"), TableColumn("Node Selector"), .age, .containers, .images, selectorColumn,
        ]) { subject in
            let counts: [Value] = [
                "desiredNumberScheduled", "currentNumberScheduled", "numberReady", "updatedNumberScheduled",
                "numberAvailable",
            ].map { subject.number("status", $0) }
            let tail = [subject.labels("spec", "template", "spec", "nodeSelector"), subject.age]
            return [subject.name] + counts + tail + subject.containers("spec", "template", "spec")
                + [subject.selector("spec", "selector")]
        },
        apps("controllerrevisions"): TablePrinter([
            .name, TableColumn("Controller", "Controller of the object"), TableColumn("Revision"), .age,
        ]) { subject in
            let controller = subject.object.controllerRef.map { owner in
                let kind = owner.group.isEmpty ? owner.kind : "\(owner.kind).\(owner.group)"
                return "\(kind.lowercased())/\(owner.name)"
            }
            return [subject.name, .string(controller ?? "<none>"), subject.number("revision"), subject.age]
        },
    ]

    static let selectorColumn = TableColumn("Selector", wide: true)

    private static let replicaColumns: [TableColumn] = [
        .name, .integer("Desired"), .integer("Current"), .integer("Ready"), .age, .containers, .images, selectorColumn,
    ]

    private static func replicaCells(_ subject: TableSubject) -> [Value] {
        [
            subject.name, subject.number("spec", "replicas"), subject.number("status", "replicas"),
            subject.number("status", "readyReplicas"), subject.age,
        ] + subject.containers("spec", "template", "spec")
    }
}
