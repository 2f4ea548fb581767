/// An entry of `metadata.ownerReferences` (meta/v1 OwnerReference).
package struct OwnerReference: Sendable, Hashable {
    package var apiVersion: String
    package var kind: String
    package var name: String
    package var uid: String
    package var controller: Bool
    package var blockOwnerDeletion: Bool

    package init(
        apiVersion: String, kind: String, name: String, uid: String, controller: Bool = false,
        blockOwnerDeletion: Bool = false
    ) {
        self.apiVersion = apiVersion
        self.kind = kind
        self.name = name
        self.uid = uid
        self.controller = controller
        self.blockOwnerDeletion = blockOwnerDeletion
    }

    /// nil if the value is not an object.
    package init?(_ value: Value) {
        guard case .object = value else { return nil }
        self.init(
            apiVersion: value.apiVersion, kind: value.kind, name: value["name"]?.string ?? "",
            uid: value["uid"]?.string ?? "", controller: value["controller"]?.bool ?? false,
            blockOwnerDeletion: value["blockOwnerDeletion"]?.bool ?? false)
    }

    package var value: Value {
        var result: Object = [
            "apiVersion": .string(apiVersion), "kind": .string(kind), "name": .string(name), "uid": .string(uid),
        ]
        if controller { result["controller"] = true }
        if blockOwnerDeletion { result["blockOwnerDeletion"] = true }
        return .object(result)
    }

    /// The group of `apiVersion`, without the version.
    package var group: String {
        apiVersion.split(separator: "/").count == 2 ? apiVersion.split(separator: "/").first.map(String.init) ?? "" : ""
    }
}
