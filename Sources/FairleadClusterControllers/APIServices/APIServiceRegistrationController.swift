package import FairleadClient
import FairleadModel

/// Maintains an APIService for each served version of each group of custom resources.
package enum APIServiceRegistrationController {
    package static let descriptor = ControllerDescriptor("kube-apiserver-autoregistration", workers: 1) {
        (setup: ControllerSetup<String>, _: Void) in
        let definitions = setup.watch(.customResourceDefinitions) { change in
            [change.old, change.new].compactMap { $0?.value }.flatMap { APIServiceRegistration.names(of: $0) }
        }.lister
        let services = setup.watch(.apiServices) { change in
            change.latest?.value.labels[APIServiceRegistration.label] == "true" ? [change.name.name] : []
        }.lister
        let registration = APIServiceRegistration(
            client: setup.client, definitions: definitions, services: services)
        return { name in
            try await registration.reconcile(name)
            return .done
        }
    }
}

struct APIServiceRegistration: Sendable {
    /// Who maintains an APIService: `true` means that it is for custom resources, `onstart` that the API server always
    /// has it.
    static let label = "kube-aggregator.kubernetes.io/automanaged"

    let client: any ObjectClient
    let definitions: Lister
    let services: Lister

    func reconcile(_ name: String) async throws(APIStatus) {
        let group = definitions.list().map(\.value).first { Self.names(of: $0, servedOnly: true).contains(name) }?
            .text("spec", "group")
        let service = services.get(namespace: "", name: name)?.value
        if let group {
            if service == nil { try await register(String(name.prefix { $0 != "." }), of: group) }
        } else if let service, service.labels[Self.label] == "true", service.deletionTimestamp == nil {
            try await ignoringNotFound(
                await client.delete(.apiServices, namespace: "", name: name, options: DeleteOptions(uid: service.uid)))
        }
    }

    private func register(_ version: String, of group: String) async throws(APIStatus) {
        do throws(APIStatus) {
            _ = try await client.create(
                .apiServices, namespace: "",
                [
                    "apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService",
                    "metadata": ["name": .string("\(version).\(group)"), "labels": [Self.label: "true"]],
                    "spec": [
                        "group": .string(group), "version": .string(version), "groupPriorityMinimum": 1000,
                        "versionPriority": 100,
                    ],
                ])
        } catch {
            // It belongs to somebody who serves the group themselves.
            if error.reason != "AlreadyExists" { throw error }
        }
    }

    /// The names of the APIServices for the versions of a CustomResourceDefinition.
    static func names(of definition: Value, servedOnly: Bool = false) -> [String] {
        definition.items("spec", "versions").filter { !servedOnly || $0["served"]?.bool == true }
            .map { "\($0.text("name")).\(definition.text("spec", "group"))" }
    }
}
