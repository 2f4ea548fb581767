import FairleadModel
import FairleadSchema

/// The kinds that configure admission.
extension Kind {
    static let mutatingWebhookConfiguration = webhooks("MutatingWebhookConfiguration", hash: "Sqi0GUgDaX0=")
    static let validatingWebhookConfiguration = webhooks("ValidatingWebhookConfiguration", hash: "B0wHjQmsGNk=")

    static let mutatingAdmissionPolicy = admission(
        "MutatingAdmissionPolicy", resource: "mutatingadmissionpolicies", hash: "mHCkTKpUTrE=",
        columns: policies("Mutations", "mutations"))
    static let mutatingAdmissionPolicyBinding = admission(
        "MutatingAdmissionPolicyBinding", resource: "mutatingadmissionpolicybindings", hash: "ZKgZT1uTmZ0=",
        columns: policyBindings)
    static let validatingAdmissionPolicy = admission(
        "ValidatingAdmissionPolicy", resource: "validatingadmissionpolicies", hash: "6OxvlMmQ6is=",
        subresources: [.status("ValidatingAdmissionPolicy")], columns: policies("Validations", "validations"))
    static let validatingAdmissionPolicyBinding = admission(
        "ValidatingAdmissionPolicyBinding", resource: "validatingadmissionpolicybindings", hash: "v9715VZqakg=",
        columns: policyBindings)

    private static func webhooks(_ kind: String, hash: String) -> Kind {
        let columns = TablePrinter([
            .name, .integer("Webhooks", "Webhooks indicates the number of webhooks registered in this configuration"),
            .age,
        ]) { [$0.name, .int(Int64($0["webhooks"]?.array?.count ?? 0)), $0.age] }
        return admission(
            kind, resource: kind.lowercased() + "s", hash: hash, strategy: WebhookConfigurationStrategy(),
            columns: columns)
    }

    private static func admission(
        _ kind: String, resource: String, hash: String, subresources: [SubresourceInfo] = [],
        strategy: any ResourceStrategy = AdmissionPolicyStrategy(), columns: TablePrinter
    ) -> Kind {
        Kind(
            kind, group: "admissionregistration.k8s.io", resource: resource, categories: ["api-extensions"],
            isNamespaced: false, subresources: subresources, package: "admissionregistration.v1", storageHash: hash,
            strategy: strategy, columns: columns)
    }

    private static func policies(_ title: String, _ field: String) -> TablePrinter {
        TablePrinter([.name, .integer(title), TableColumn("ParamKind"), .age]) { subject in
            let parameters = subject["spec", "paramKind"].map {
                "\($0["apiVersion"]?.string ?? "")/\($0["kind"]?.string ?? "")"
            }
            return [
                subject.name, .int(Int64(subject["spec", field]?.array?.count ?? 0)),
                .string(parameters ?? "<unset>"), subject.age,
            ]
        }
    }

    private static let policyBindings = TablePrinter([
        .name, TableColumn("PolicyName"), TableColumn("ParamRef"), .age,
    ]) { subject in
        var parameters = "<unset>"
        if let reference = subject["spec", "paramRef"] {
            parameters = (reference["namespace"]?.string.map { $0 + "/" } ?? "") + (reference["name"]?.string ?? "")
        }
        return [subject.name, subject.text("spec", "policyName"), .string(parameters), subject.age]
    }
}
