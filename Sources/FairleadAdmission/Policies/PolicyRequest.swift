package import FairleadExpressions
package import FairleadModel

/// A request as policies see it.
package struct PolicyRequest: Sendable {
    /// `CREATE`, `UPDATE`, `DELETE`, `CONNECT`.
    package var operation: String
    package var resource: GroupVersionResource
    /// Empty for the resource itself.
    package var subresource: String
    /// The kind of the object, with its own group and version.
    package var kind: GroupVersionKind
    package var name: String
    /// Empty for what is in none; of a namespace its own name.
    package var namespace: String
    /// nil for a deletion.
    package var object: Value? { didSet { labels = object.map(Self.labels) } }
    /// nil for a creation.
    package let oldObject: Value?
    /// Of the objects: read once, since all policies may ask for them.
    private(set) var labels: [String: String]?
    let oldLabels: [String: String]?
    package var options: Value?
    package var isDryRun: Bool
    package var user: UserInfo
    /// The namespace that the object is in; nil for what is in none, and for namespaces.
    package var namespaceObject: Value?

    package init(
        operation: String, resource: GroupVersionResource, subresource: String = "", kind: GroupVersionKind,
        name: String,
        namespace: String, object: Value?, oldObject: Value? = nil, options: Value? = nil, isDryRun: Bool = false,
        user: UserInfo, namespaceObject: Value? = nil
    ) {
        self.operation = operation
        self.resource = resource
        self.subresource = subresource
        self.kind = kind
        self.name = name
        self.namespace = namespace
        self.object = object
        self.oldObject = oldObject
        labels = object.map(Self.labels)
        oldLabels = oldObject.map(Self.labels)
        self.options = options
        self.isDryRun = isDryRun
        self.user = user
        self.namespaceObject = namespaceObject
    }

    private static func labels(of object: Value) -> [String: String] {
        object["metadata"]?["labels"]?.stringMap ?? [:]
    }

    /// Whether the request is about namespaces, which are in none although attributes say so.
    var isAboutNamespace: Bool { resource.group.isEmpty && resource.resource == "namespaces" }

    /// The name in messages: `Unknown` for a deletion of many.
    package var shownName: String {
        if !name.isEmpty { return name }
        if let object {
            if !object.name.isEmpty { return object.name }
            if !object.generateName.isEmpty { return object.generateName }
        }
        return "Unknown"
    }
}

/// What policies ask the server that they are in.
package protocol PolicyCluster: Sendable {
    /// The other resources under which the same objects are served, with their kinds.
    func equivalents(of resource: GroupVersionResource, subresource: String) -> [PolicyMatch]
    /// An object in another of its versions; nil if that fails.
    func converted(_ object: Value, to kind: GroupVersionKind) -> Value?
    /// The objects that parameters are of; nil for a kind that is not served.
    func parameters(_ kind: GroupVersionKind) -> (any PolicyParameters)?
    /// Decides for the user of the request.
    func authorizer(for user: UserInfo) -> any RuleAuthorizer
}

/// The objects of a kind that policies take their parameters from.
package protocol PolicyParameters {
    var isNamespaced: Bool { get }
    func object(namespace: String, name: String) -> Value?
    /// - Parameter namespace: nil for what is in none.
    func objects(namespace: String?, _ selector: LabelSelector) -> [Value]
}

/// The resource and the kind that a rule was found to match.
package struct PolicyMatch: Sendable, Hashable {
    package var resource: GroupVersionResource
    package var kind: GroupVersionKind

    package init(_ resource: GroupVersionResource, _ kind: GroupVersionKind) {
        self.resource = resource
        self.kind = kind
    }
}
