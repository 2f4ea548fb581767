package import FairleadSchema

extension Kind {
    /// The kinds of Kubernetes v1.36 that this server has, in the order of discovery: the core group, then the others.
    /// Each is described in the folder of its name. See `docs/add-a-kind.md`.
    package static let builtIn: [Kind] = [
        // core
        .binding, .configMap, .endpoints, .event, .limitRange, .namespace, .node, .persistentVolumeClaim, .pod,
        .podTemplate, .replicationController, .resourceQuota, .secret, .serviceAccount, .service,
        // apps
        .controllerRevision, .daemonSet, .deployment, .replicaSet, .statefulSet,
        // events.k8s.io
        .eventsEvent,
        // authentication.k8s.io
        .selfSubjectReview, .tokenReview,
        // authorization.k8s.io
        .localSubjectAccessReview, .selfSubjectAccessReview, .selfSubjectRulesReview, .subjectAccessReview,
        // autoscaling
        .horizontalPodAutoscaler, .horizontalPodAutoscalerV1,
        // batch
        .cronJob, .job,
        // networking.k8s.io
        .ingressClass, .ingress, .ipAddress, .networkPolicy, .serviceCIDR,
        // policy
        .podDisruptionBudget,
        // rbac.authorization.k8s.io
        .clusterRoleBinding, .clusterRole, .roleBinding, .role,
        // apiextensions.k8s.io
        .customResourceDefinition,
        // scheduling.k8s.io
        .priorityClass,
        // coordination.k8s.io
        .lease,
        // discovery.k8s.io
        .endpointSlice,
    ]
}

extension ResourceTable {
    /// What the built-in kinds are called.
    package static let builtIn = ResourceTable(Kind.builtIn.map(\.info))
}
