package import FairleadModel

extension Kind {
    static let componentStatus = Kind(
        "ComponentStatus", resource: "componentstatuses", singular: "componentstatus", shortNames: ["cs"],
        isNamespaced: false, verbs: ["get", "list"], package: "core.v1",
        readWarnings: ["v1 ComponentStatus is deprecated in v1.19+"],
        columns: TablePrinter([
            .name, TableColumn("Status", "Status of the component conditions"),
            TableColumn("Message", "Message of the component conditions"),
            TableColumn("Error", "Error of the component conditions"),
        ]) { subject in
            let condition = (subject["conditions"]?.array ?? []).first { $0["type"]?.string == "Healthy" }
            let state =
                switch condition?["status"]?.string {
                case "True": "Healthy"
                case "False": "Unhealthy"
                default: "Unknown"
                }
            return [
                subject.name, .string(state), .string(condition?["message"]?.string ?? ""),
                .string(condition?["error"]?.string ?? ""),
            ]
        })
}

/// The components that ComponentStatuses report on, as kube-apiserver sees them: of one that does not run, nothing
/// listens on the port where it expects it.
package enum ComponentStatuses {
    /// - Parameter running: `controller-manager` and `scheduler`, if they run.
    package static func all(running: Set<String>) -> [Value] {
        [("controller-manager", 10257), ("scheduler", 10259)].map { name, port in
            status(name, port: running.contains(name) ? nil : port)
        } + [status("etcd-0", port: nil)]
    }

    /// - Parameter port: where the component is probed; nil for one that answers.
    private static func status(_ name: String, port: Int?) -> Value {
        let failure = port.map {
            "Get \"https://127.0.0.1:\($0)/healthz\": dial tcp 127.0.0.1:\($0): connect: connection refused"
        }
        return [
            "apiVersion": "v1", "kind": "ComponentStatus", "metadata": ["name": .string(name)],
            "conditions": [
                [
                    "type": "Healthy", "status": failure == nil ? "True" : "False",
                    "message": .string(failure ?? "ok"),
                ]
            ],
        ]
    }
}
