import FairleadModel
import FairleadStorage

@testable import FairleadAuthorization

/// Roles and bindings in a store in memory, and the authorizers over it.
struct AccessFixture {
    let store: Store
    let access: AccessControl

    init(_ modes: [AccessControl.Mode] = [.rbac]) throws {
        store = try Store.open(engine: MemoryEngine())
        access = AccessControl(modes, store: store)
    }

    func put(_ resource: GroupResource, _ namespace: String, _ name: String, _ object: Value) async throws {
        var object = object
        object.set(.string(name), at: "metadata", "name")
        if !namespace.isEmpty { object.set(.string(namespace), at: "metadata", "namespace") }
        let key = ObjectKey(resource, namespace: namespace, name: name)
        _ = try await store.commit(Transaction(conditions: [], operations: [.put(key, Document(object))]))
    }

    func delete(_ resource: GroupResource, _ namespace: String, _ name: String) async throws {
        let key = ObjectKey(resource, namespace: namespace, name: name)
        _ = try await store.commit(Transaction(conditions: [], operations: [.delete(key)]))
    }

    /// A ClusterRole.
    func role(_ name: String, _ rules: [PolicyRule]) async throws { try await role("", name, rules) }

    /// A ClusterRoleBinding.
    func bind(_ name: String, _ kind: String, _ role: String, _ subjects: [Value]) async throws {
        try await bind("", name, kind, role, subjects)
    }

    /// A Role, or a ClusterRole if there is no namespace.
    func role(_ namespace: String, _ name: String, _ rules: [PolicyRule]) async throws {
        try await put(
            namespace.isEmpty ? RoleResources.clusterRoles : RoleResources.roles, namespace, name,
            ["rules": .array(rules.map(\.value))])
    }

    func bind(
        _ namespace: String, _ name: String, _ kind: String, _ role: String, _ subjects: [Value]
    ) async throws {
        try await put(
            namespace.isEmpty ? RoleResources.clusterRoleBindings : RoleResources.roleBindings, namespace, name,
            [
                "roleRef": [
                    "apiGroup": .string(RoleResources.group), "kind": .string(kind), "name": .string(role),
                ], "subjects": .array(subjects),
            ])
    }

    static func user(_ name: String) -> Value { ["kind": "User", "name": .string(name)] }
    static func group(_ name: String) -> Value { ["kind": "Group", "name": .string(name)] }
    static func account(_ namespace: String, _ name: String) -> Value {
        namespace.isEmpty
            ? ["kind": "ServiceAccount", "name": .string(name)]
            : ["kind": "ServiceAccount", "name": .string(name), "namespace": .string(namespace)]
    }

    static let bob = UserInfo(name: "bob", groups: ["devs", UserInfo.authenticatedGroup])

    /// The same by bob.
    static func wants(
        _ verb: String, _ resource: String, group: String = "", subresource: String = "", in namespace: String = "",
        name: String = ""
    ) -> AccessAttributes {
        wants(bob, verb, resource, group: group, subresource: subresource, in: namespace, name: name)
    }

    /// `get pods/log in ns named a`, in parts.
    static func wants(
        _ user: UserInfo, _ verb: String, _ resource: String, group: String = "", subresource: String = "",
        in namespace: String = "", name: String = "", fields: [FieldSelector.Requirement] = []
    ) -> AccessAttributes {
        AccessAttributes(
            user: user, verb: verb,
            AccessAttributes.Resource(
                group: group, resource: resource, subresource: subresource, namespace: namespace, name: name,
                fields: fields))
    }

    static func refusal(_ body: () throws(APIStatus) -> Void) -> APIStatus? {
        do throws(APIStatus) {
            try body()
            return nil
        } catch {
            return error
        }
    }
}
