package import FairleadSchema

extension Kind {
    /// The Kubernetes v1.36 kinds that this server has, in discovery order: the core group, then the others. Each is
    /// described in the folder of its name. See `docs/add-a-kind.md`.
    package static let builtIn: [Kind] = [
        // core
        .binding, .componentStatus, .configMap, .endpoints, .event, .limitRange, .namespace, .node,
        .persistentVolumeClaim,
        .persistentVolume, .pod, .podTemplate, .replicationController, .resourceQuota, .secret, .serviceAccount,
        .service,
        // apiregistration.k8s.io
        .apiService,
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
        // certificates.k8s.io
        .certificateSigningRequest,
        // networking.k8s.io
        .ingressClass, .ingress, .ipAddress, .networkPolicy, .serviceCIDR,
        // policy
        .podDisruptionBudget,
        // rbac.authorization.k8s.io
        .clusterRoleBinding, .clusterRole, .roleBinding, .role,
        // storage.k8s.io
        .csiDriver, .csiNode, .csiStorageCapacity, .storageClass, .volumeAttachment, .volumeAttributesClass,
        // admissionregistration.k8s.io
        .mutatingAdmissionPolicy, .mutatingAdmissionPolicyBinding, .mutatingWebhookConfiguration,
        .validatingAdmissionPolicy, .validatingAdmissionPolicyBinding, .validatingWebhookConfiguration,
        // apiextensions.k8s.io
        .customResourceDefinition,
        // scheduling.k8s.io
        .priorityClass,
        // coordination.k8s.io
        .lease,
        // node.k8s.io
        .runtimeClass,
        // discovery.k8s.io
        .endpointSlice,
        // resource.k8s.io
        .deviceClass, .resourceClaim, .resourceClaimTemplate, .resourceSlice,
        // flowcontrol.apiserver.k8s.io
        .flowSchema, .priorityLevelConfiguration,
    ]
}

extension ResourceTable {
    /// The names of the built-in kinds.
    package static let builtIn = ResourceTable(Kind.builtIn.map(\.info))
}
