import FairleadModel

extension Kind {
    static let resourceQuota = Kind(
        "ResourceQuota", resource: "resourcequotas", shortNames: ["quota"], subresources: [.status("ResourceQuota")],
        package: "core.v1", storageHash: "8uhSgffRX6w=", strategy: ResourceQuotaStrategy(),
        columns: TablePrinter([
            .name,
            TableColumn(
                "Request", "Request represents a minimum amount of cpu/memory that a container may consume."),
            TableColumn(
                "Limit",
                """
                Limits control the maximum amount of cpu/memory that a container may use independent of contention on \
                the node.
                """),
            .age,
        ]) { subject in
            var requests: [String] = []
            var limits: [String] = []
            for (resource, hard) in subject["status", "hard"]?.object ?? Object() {
                let used = subject["status", "used", resource]?.string ?? "0"
                let text = "\(resource): \(used)/\(hard.string ?? "")"
                if resource.hasPrefix("limits") { limits.append(text) } else { requests.append(text) }
            }
            return [
                subject.name, .string(requests.joined(separator: ", ")), .string(limits.joined(separator: ", ")),
                subject.age,
            ]
        })
}
