/// What expressions of policies and of webhooks' conditions know of a request and of a namespace.
///
/// Reference: k8s.io/apiserver `pkg/admission/plugin/cel/compile.go`.
enum AdmissionDeclarations {
    private static let any = RuleDeclaration(.any, minimumSize: 1)
    private static let text = RuleDeclaration(.string, minimumSize: 2)
    private static let flag = RuleDeclaration(.bool, minimumSize: 4)
    private static let number = RuleDeclaration(.int, minimumSize: 1)
    private static let time = RuleDeclaration(.timestamp, minimumSize: 22)

    private static func object(_ name: String, _ fields: [String: RuleDeclaration]) -> RuleDeclaration {
        RuleDeclaration(.object(fields), name: "kubernetes." + name, minimumSize: 2)
    }

    private static func list(of element: RuleDeclaration) -> RuleDeclaration {
        RuleDeclaration(.list(element, keys: .none), minimumSize: 2)
    }

    private static func map(of element: RuleDeclaration) -> RuleDeclaration {
        RuleDeclaration(.map(element), minimumSize: 2)
    }

    /// `request`.
    static let request: RuleDeclaration = {
        let kind = object("GroupVersionKind", ["group": text, "version": text, "kind": text])
        let resource = object("GroupVersionResource", ["group": text, "version": text, "resource": text])
        let user = object(
            "UserInfo",
            ["username": text, "uid": text, "groups": list(of: text), "extra": map(of: list(of: text))])
        return object(
            "AdmissionRequest",
            [
                "kind": kind, "resource": resource, "subResource": text, "requestKind": kind,
                "requestResource": resource, "requestSubResource": text, "name": text, "namespace": text,
                "operation": text, "userInfo": user, "dryRun": flag, "options": any,
            ])
    }()

    /// `namespaceObject`.
    static let namespace: RuleDeclaration = {
        let condition = object(
            "NamespaceCondition",
            ["status": text, "type": text, "lastTransitionTime": time, "message": text, "reason": text])
        let metadata = object(
            "NamespaceMetadata",
            [
                "name": text, "generateName": text, "namespace": text, "labels": map(of: text),
                "annotations": map(of: text), "UID": text, "creationTimestamp": time,
                "deletionGracePeriodSeconds": number, "deletionTimestamp": time, "generation": number,
                "resourceVersion": text, "finalizers": list(of: text),
            ])
        return object(
            "Namespace",
            [
                "metadata": metadata, "spec": object("NamespaceSpec", ["finalizers": list(of: text)]),
                "status": object("NamespaceStatus", ["conditions": list(of: condition), "phase": text]),
            ])
    }()
}
