package import FairleadModel

/// Says what other servers serve (kube-aggregator).
package protocol RemoteGroups: Sendable {
    func contents() -> RemoteContents
}

/// Group versions that other servers serve, and how they are ordered among this server's own.
package struct RemoteContents: Sendable, Equatable {
    package var versions: [RemoteVersion] = []
    /// `groupPriorityMinimum` of this server's own groups.
    package var priorities: [String: Int64] = [:]
    /// `versionPriority` of its own versions, by the names of their APIServices.
    package var versionPriorities: [String: Int64] = [:]

    package init() {}

    func groupPriority(_ group: String) -> Int64 { priorities[group] ?? 1000 }

    func versionPriority(_ version: String, of group: String) -> Int64 {
        versionPriorities["\(version).\(group)"] ?? 100
    }
}

package struct RemoteVersion: Sendable, Equatable {
    package var group: String
    package var version: String
    package var groupPriority: Int64
    package var versionPriority: Int64
    /// The APIResourceList of the server, as it has last been heard; nil if it never was.
    package var resources: Value?
    /// Where its OpenAPI document is.
    package var schema: String?
    /// Changes with the two.
    package var number: Int
    /// Whether the server can be reached now.
    package var isFresh: Bool

    package init(
        group: String, version: String, groupPriority: Int64, versionPriority: Int64, resources: Value?,
        schema: String?, number: Int, isFresh: Bool
    ) {
        self.group = group
        self.version = version
        self.groupPriority = groupPriority
        self.versionPriority = versionPriority
        self.resources = resources
        self.schema = schema
        self.number = number
        self.isFresh = isFresh
    }

    package static func == (left: RemoteVersion, right: RemoteVersion) -> Bool {
        left.group == right.group && left.version == right.version && left.groupPriority == right.groupPriority
            && left.versionPriority == right.versionPriority && left.number == right.number
            && left.isFresh == right.isFresh
    }
}

/// Other servers serve nothing.
package struct NoRemoteGroups: RemoteGroups {
    package init() {}

    package func contents() -> RemoteContents { RemoteContents() }
}
