package import FairleadModel

/// The rules of pods, workloads, nodes, namespaces and what belongs to them, by resource.
package let workloadStrategies: [GroupResource: any ResourceStrategy] = [
    GroupResource(group: "", resource: "pods"): PodStrategy(),
    GroupResource(group: "", resource: "podtemplates"): PodTemplateStrategy(),
    GroupResource(group: "", resource: "replicationcontrollers"): ReplicationControllerStrategy(),
    GroupResource(group: "apps", resource: "deployments"): DeploymentStrategy(),
    GroupResource(group: "apps", resource: "replicasets"): ReplicaSetStrategy(),
    GroupResource(group: "apps", resource: "statefulsets"): StatefulSetStrategy(),
    GroupResource(group: "apps", resource: "daemonsets"): DaemonSetStrategy(),
    GroupResource(group: "apps", resource: "controllerrevisions"): ControllerRevisionStrategy(),
    GroupResource(group: "", resource: "nodes"): NodeStrategy(),
    GroupResource(group: "", resource: "namespaces"): NamespaceStrategy(),
    GroupResource(group: "", resource: "configmaps"): ConfigMapStrategy(),
    GroupResource(group: "", resource: "secrets"): SecretStrategy(),
    GroupResource(group: "", resource: "serviceaccounts"): ServiceAccountStrategy(),
    GroupResource(group: "", resource: "events"): EventStrategy(isStrict: false),
    GroupResource(group: "events.k8s.io", resource: "events"): EventStrategy(isStrict: true),
    GroupResource(group: "", resource: "persistentvolumeclaims"): PersistentVolumeClaimStrategy(),
    GroupResource(group: "policy", resource: "poddisruptionbudgets"): PodDisruptionBudgetStrategy(),
    GroupResource(group: "", resource: "resourcequotas"): ResourceQuotaStrategy(),
    GroupResource(group: "", resource: "limitranges"): LimitRangeStrategy(),
    GroupResource(group: "batch", resource: "jobs"): JobStrategy(),
    GroupResource(group: "batch", resource: "cronjobs"): CronJobStrategy(),
    GroupResource(group: "apiextensions.k8s.io", resource: "customresourcedefinitions"):
        CustomResourceDefinitionStrategy(),
]
