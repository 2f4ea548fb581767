import FairleadModel

extension Kind {
    static let podDisruptionBudget = Kind(
        "PodDisruptionBudget", group: "policy", resource: "poddisruptionbudgets", shortNames: ["pdb"],
        subresources: [.status("PodDisruptionBudget")], package: "policy.v1", storageHash: "EVWiDmWqyJw=",
        strategy: PodDisruptionBudgetStrategy(),
        columns: TablePrinter([
            .name, TableColumn("Min Available", "The minimum number of pods that must be available."),
            TableColumn("Max Unavailable", "The maximum number of pods that may be unavailable."),
            .integer(
                "Allowed Disruptions", "Calculated number of pods that may be disrupted at this time."),
            .age,
        ]) { subject in
            func amount(_ field: String) -> Value {
                guard let value = subject["spec", field] else { return "N/A" }
                return .string(value.string ?? String(value.int ?? 0))
            }
            return [
                subject.name, amount("minAvailable"), amount("maxUnavailable"),
                subject.number("status", "disruptionsAllowed"), subject.age,
            ]
        })
}
