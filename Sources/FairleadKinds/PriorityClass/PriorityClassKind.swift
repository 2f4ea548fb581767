import FairleadModel

extension Kind {
    static let priorityClass = Kind(
        "PriorityClass", group: "scheduling.k8s.io", resource: "priorityclasses", shortNames: ["pc"],
        isNamespaced: false, package: "scheduling.v1", storageHash: "1QwjyaZjj3Y=", strategy: PriorityClassStrategy(),
        columns: TablePrinter([
            .name,
            .integer(
                "Value",
                """
                value represents the integer value of this priority class. This is the actual priority that pods \
                receive when they have the name of this class in their pod spec.
                """),
            TableColumn(
                "Global-Default",
                """
                globalDefault specifies whether this PriorityClass should be considered as the default priority for \
                pods that do not have any priority class. Only one PriorityClass can be marked as `globalDefault`. \
                However, if more than one PriorityClasses exists with their `globalDefault` field set to true, the \
                smallest value of such global default PriorityClasses will be used as the default priority.
                """, type: "boolean"),
            .age,
            TableColumn(
                "PreemptionPolicy",
                """
                preemptionPolicy is the Policy for preempting pods with lower priority. One of Never, \
                PreemptLowerPriority. Defaults to PreemptLowerPriority if unset.
                """),
        ]) { subject in
            [
                subject.name, subject.number("value"), .bool(subject["globalDefault"]?.bool ?? false), subject.age,
                subject.text("preemptionPolicy"),
            ]
        })
}
