import FairleadModel

/// The kinds of metrics.k8s.io, which a metrics server serves: computed for each answer. A server has them only if its
/// nodes are simulated.
extension Kind {
    package static let resourceMetrics: [Kind] = [nodeMetrics, podMetrics]

    private static let group = "metrics.k8s.io"

    private static let nodeMetrics = Kind(
        "NodeMetrics", group: group, version: "v1beta1", resource: "nodes", singular: "", isNamespaced: false,
        verbs: ["get", "list"], package: "metrics.v1beta1",
        columns: TablePrinter(usageColumns) { subject in
            let usage = ResourceAmounts(subject["usage"])
            return cells(subject, usage)
        })

    private static let podMetrics = Kind(
        "PodMetrics", group: group, version: "v1beta1", resource: "pods", singular: "", verbs: ["get", "list"],
        package: "metrics.v1beta1",
        columns: TablePrinter(usageColumns) { subject in
            let usage = (subject["containers"]?.array ?? []).reduce(ResourceAmounts()) {
                $0 + ResourceAmounts($1["usage"])
            }
            return cells(subject, usage)
        })

    private static let usageColumns = [
        TableColumn("Name", "Name of the resource", format: "name"), TableColumn("cpu", format: "quantity"),
        TableColumn("memory", format: "quantity"), TableColumn("Window", format: "duration"),
    ]

    private static func cells(_ subject: TableSubject, _ usage: ResourceAmounts) -> [Value] {
        func amount(_ name: String) -> Value { .string(usage[name]?.description ?? "0") }
        return [
            subject.name, amount("cpu"), amount("memory"), .string(subject["window"]?.string ?? ""),
        ]
    }
}
