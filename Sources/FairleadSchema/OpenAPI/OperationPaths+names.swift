import FairleadModel

extension OperationPaths {
    /// A query parameter that several operations accept.
    struct Query {
        var name: String
        var type: String
        var description: String

        init(_ name: String, _ type: String, _ description: String) {
            self.name = name
            self.type = type
            self.description = description
        }

        static let write: [Query] = [
            Query("dryRun", "string", "With `All`, everything is done but the change is not kept."),
            Query("fieldManager", "string", "The name under which the change is entered in managedFields."),
            Query(
                "fieldValidation", "string",
                "What happens to unknown and repeated fields: `Ignore`, `Warn` (the default) or `Strict`."),
        ]

        static let force: [Query] = [
            Query("force", "boolean", "Whether server-side apply takes fields that others own.")
        ]

        static let delete: [Query] = [
            Query("dryRun", "string", "With `All`, everything is done but the change is not kept."),
            Query("gracePeriodSeconds", "integer", "Seconds that the object has to end; 0 means at once."),
            Query("orphanDependents", "boolean", "Deprecated: use propagationPolicy."),
            Query(
                "propagationPolicy", "string",
                "What happens to the objects that this one owns: `Orphan`, `Background` or `Foreground`."),
        ]

        static let list: [Query] = [
            Query("allowWatchBookmarks", "boolean", "Whether a watch may send BOOKMARK events."),
            Query("continue", "string", "The token of the page before, to get the next one."),
            Query("fieldSelector", "string", "Restricts the list to objects whose fields match."),
            Query("labelSelector", "string", "Restricts the list to objects whose labels match."),
            Query("limit", "integer", "The largest number of items in one answer."),
            Query("resourceVersion", "string", "The version that the answer must have, or be newer than."),
            Query("resourceVersionMatch", "string", "How resourceVersion is meant: `Exact` or `NotOlderThan`."),
            Query("sendInitialEvents", "boolean", "Whether a watch begins with what is there already."),
            Query("timeoutSeconds", "integer", "Seconds after which a list or watch ends."),
            Query("watch", "boolean", "Whether changes are sent as they happen instead of a list."),
        ]
    }

    /// `discovery.k8s.io` → `Discovery`, `rbac.authorization.k8s.io` → `RbacAuthorization`, the core group → `Core`.
    static func groupName(_ group: String) -> String {
        if group.isEmpty { return "Core" }
        let short = group.hasSuffix(".k8s.io") ? String(group.dropLast(7)) : group
        return short.split(separator: ".").map { capitalized(String($0)) }.joined()
    }

    static func capitalized(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() }

    static func lowercasedFirst(_ text: String) -> String { text.prefix(1).lowercased() + text.dropFirst() }

    /// `io.k8s.api.policy.v1.Eviction`.
    static func typeName(kind: String, group: String, version: String) -> String {
        let package = group.isEmpty ? "core" : group.split(separator: ".").first.map(String.init) ?? group
        return "io.k8s.api.\(package).\(version).\(kind)"
    }

    static func describe(_ action: String, _ info: ResourceInfo) -> String {
        switch action {
        case "list": "Lists or watches \(info.gvr.resource)."
        case "get": "Reads a \(info.kind)."
        case "post": "Creates a \(info.kind)."
        case "put": "Replaces a \(info.kind)."
        case "patch": "Changes parts of a \(info.kind)."
        case "delete": "Deletes a \(info.kind)."
        case "deletecollection": "Deletes every selected \(info.kind)."
        default: "Connects to a \(info.kind)."
        }
    }
}
