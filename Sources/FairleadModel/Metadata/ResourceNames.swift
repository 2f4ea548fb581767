/// A resource of a group, without a version: used in `Status` details and storage keys.
package struct GroupResource: Hashable, Sendable, CustomStringConvertible {
    package var group: String
    package var resource: String

    package init(group: String, resource: String) {
        self.group = group
        self.resource = resource
    }

    /// `services`, `deployments.apps`.
    package var description: String { group.isEmpty ? resource : "\(resource).\(group)" }
}

/// A resource in a version of a group: what a path refers to.
package struct GroupVersionResource: Hashable, Sendable, CustomStringConvertible {
    package var group: String
    package var version: String
    package var resource: String

    package init(group: String, version: String, resource: String) {
        self.group = group
        self.version = version
        self.resource = resource
    }

    package var groupResource: GroupResource { GroupResource(group: group, resource: resource) }
    /// `v1`, `apps/v1`.
    package var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }
    /// `services.v1`, `deployments.v1.apps`: as kubectl takes it.
    package var description: String { group.isEmpty ? "\(resource).\(version)" : "\(resource).\(version).\(group)" }
}

/// A kind in a version of a group: what objects say of themselves.
package struct GroupVersionKind: Hashable, Sendable, CustomStringConvertible {
    package var group: String
    package var version: String
    package var kind: String

    package init(group: String, version: String, kind: String) {
        self.group = group
        self.version = version
        self.kind = kind
    }

    package init(apiVersion: String, kind: String) {
        let parts = apiVersion.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        group = parts.count > 1 ? String(parts[0]) : ""
        version = String(parts.last ?? "")
        self.kind = kind
    }

    /// `v1`, `apps/v1`.
    package var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }
    /// `apps/v1, Kind=Deployment`: as Go shows it in messages.
    package var description: String { "\(apiVersion), Kind=\(kind)" }
}

extension GroupVersionResource {
    package static let pods = GroupVersionResource(group: "", version: "v1", resource: "pods")
    package static let services = GroupVersionResource(group: "", version: "v1", resource: "services")
    package static let endpoints = GroupVersionResource(group: "", version: "v1", resource: "endpoints")
    package static let nodes = GroupVersionResource(group: "", version: "v1", resource: "nodes")
    package static let namespaces = GroupVersionResource(group: "", version: "v1", resource: "namespaces")
    package static let events = GroupVersionResource(group: "", version: "v1", resource: "events")
    package static let configMaps = GroupVersionResource(group: "", version: "v1", resource: "configmaps")
    package static let secrets = GroupVersionResource(group: "", version: "v1", resource: "secrets")
    package static let serviceAccounts = GroupVersionResource(group: "", version: "v1", resource: "serviceaccounts")
    package static let deployments = GroupVersionResource(group: "apps", version: "v1", resource: "deployments")
    package static let replicationControllers = GroupVersionResource(
        group: "", version: "v1", resource: "replicationcontrollers")
    package static let replicaSets = GroupVersionResource(group: "apps", version: "v1", resource: "replicasets")
    package static let statefulSets = GroupVersionResource(group: "apps", version: "v1", resource: "statefulsets")
    package static let daemonSets = GroupVersionResource(group: "apps", version: "v1", resource: "daemonsets")
    package static let controllerRevisions = GroupVersionResource(
        group: "apps", version: "v1", resource: "controllerrevisions")
    package static let endpointSlices = GroupVersionResource(
        group: "discovery.k8s.io", version: "v1", resource: "endpointslices")
    package static let leases = GroupVersionResource(group: "coordination.k8s.io", version: "v1", resource: "leases")
    package static let ipAddresses = GroupVersionResource(
        group: "networking.k8s.io", version: "v1", resource: "ipaddresses")
    package static let customResourceDefinitions = GroupVersionResource(
        group: "apiextensions.k8s.io", version: "v1", resource: "customresourcedefinitions")
    package static let serviceCIDRs = GroupVersionResource(
        group: "networking.k8s.io", version: "v1", resource: "servicecidrs")
    package static let priorityClasses = GroupVersionResource(
        group: "scheduling.k8s.io", version: "v1", resource: "priorityclasses")
    package static let podDisruptionBudgets = GroupVersionResource(
        group: "policy", version: "v1", resource: "poddisruptionbudgets")
    package static let persistentVolumes = GroupVersionResource(group: "", version: "v1", resource: "persistentvolumes")
    package static let persistentVolumeClaims = GroupVersionResource(
        group: "", version: "v1", resource: "persistentvolumeclaims")
    package static let storageClasses = GroupVersionResource(
        group: "storage.k8s.io", version: "v1", resource: "storageclasses")
    package static let volumeAttributesClasses = GroupVersionResource(
        group: "storage.k8s.io", version: "v1", resource: "volumeattributesclasses")
    package static let ingressClasses = GroupVersionResource(
        group: "networking.k8s.io", version: "v1", resource: "ingressclasses")
    package static let clusterRoles = GroupVersionResource(
        group: "rbac.authorization.k8s.io", version: "v1", resource: "clusterroles")
    package static let flowSchemas = GroupVersionResource(
        group: "flowcontrol.apiserver.k8s.io", version: "v1", resource: "flowschemas")
    package static let priorityLevelConfigurations = GroupVersionResource(
        group: "flowcontrol.apiserver.k8s.io", version: "v1", resource: "prioritylevelconfigurations")
    package static let certificateSigningRequests = GroupVersionResource(
        group: "certificates.k8s.io", version: "v1", resource: "certificatesigningrequests")
    package static let apiServices = GroupVersionResource(
        group: "apiregistration.k8s.io", version: "v1", resource: "apiservices")
}
