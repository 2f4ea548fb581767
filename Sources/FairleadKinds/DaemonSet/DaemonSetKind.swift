import FairleadModel

extension Kind {
    static let daemonSet = Kind(
        "DaemonSet", group: "apps", resource: "daemonsets", shortNames: ["ds"], categories: ["all"],
        subresources: [.status("DaemonSet")], package: "apps.v1", storageHash: "dd7pWHUlMKQ=",
        strategy: DaemonSetStrategy(),
        columns: TablePrinter([
            .name, .integer("Desired"), .integer("Current"), .integer("Ready"), .integer("Up-to-date"),
            .integer("Available"), TableColumn("Node Selector"), .age, .containers, .images, .selector,
        ]) { subject in
            let counts: [Value] = [
                "desiredNumberScheduled", "currentNumberScheduled", "numberReady", "updatedNumberScheduled",
                "numberAvailable",
            ].map { subject.number("status", $0) }
            let tail = [subject.labels("spec", "template", "spec", "nodeSelector"), subject.age]
            return [subject.name] + counts + tail + subject.containers("spec", "template", "spec")
                + [subject.selector("spec", "selector")]
        })
}
