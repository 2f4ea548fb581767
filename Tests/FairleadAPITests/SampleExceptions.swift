import FairleadModel

/// What `KindPropertyTests` cannot find out by itself, with the reason.
enum SampleExceptions {
    /// What an object of a kind needs and no message tells how to make.
    static let seeds: [String: [(path: String, value: Value)]] = [
        // A selector and labels that match it: the message names only one of the two.
        "Deployment": selecting, "ReplicaSet": selecting, "StatefulSet": selecting, "DaemonSet": selecting,
        "ReplicationController": [
            ("spec.selector", ["a": "b"]), ("spec.template.metadata.labels", ["a": "b"]),
        ],
        // Mounts name a volume, which has to be there.
        "Pod": [("spec.volumes", [["name": "x", "emptyDir": [:]]])],
        // Its name, its parts and its versions depend on each other.
        "CustomResourceDefinition": [
            ("metadata.name", "xs.example.com"),
            (
                "spec",
                [
                    "group": "example.com", "scope": "Namespaced", "names": ["plural": "xs", "kind": "X"],
                    "versions": [
                        [
                            "name": "v1", "served": true, "storage": true,
                            "schema": ["openAPIV3Schema": ["type": "object"]],
                        ]
                    ],
                ]
            ),
        ],
        // It is about something in its own namespace.
        "v1/Event": [("involvedObject.namespace", "ns"), ("type", "Normal")],
        "events.k8s.io/v1/Event": [
            ("regarding.namespace", "ns"), ("type", "Normal"), ("reportingController", "example.com/x"),
            ("reportingInstance", "x"), ("action", "x"), ("reason", "x"), ("eventTime", "2026-01-01T00:00:00.000000Z"),
        ],
        "IPAddress": [("metadata.name", "10.9.8.7")],
        // The kind of what is scaled goes with its group.
        "HorizontalPodAutoscaler": [("spec.scaleTargetRef.apiVersion", "apps/v1")],
        "autoscaling/v2/HorizontalPodAutoscaler": [
            ("spec.scaleTargetRef.apiVersion", "apps/v1"),
            (
                "spec.metrics",
                [
                    [
                        "type": "Resource",
                        "resource": ["name": "cpu", "target": ["type": "Utilization", "averageUtilization": 50]],
                    ]
                ]
            ),
        ],
        // One of two parts, and the message is about the whole.
        "Ingress": [
            ("spec.defaultBackend.service", ["name": "x", "port": ["number": 80]]),
            (
                "spec.rules",
                [
                    [
                        "http": [
                            "paths": [
                                [
                                    "path": "/", "pathType": "Prefix",
                                    "backend": ["service": ["name": "x", "port": ["number": 80]]],
                                ]
                            ]
                        ]
                    ]
                ]
            ),
        ],
        // The kind of its addresses is the first that is supported otherwise, which is the rarest.
        "EndpointSlice": [("addressType", "IPv4")],
        // Much is allowed of indexed Jobs only, and some of pods that are never started again.
        "Job": [
            ("spec.completionMode", "Indexed"), ("spec.completions", 1), ("spec.template.spec.restartPolicy", "Never"),
            ("spec.podFailurePolicy", failurePolicy),
        ],
        "CronJob": [
            ("spec.jobTemplate.spec.completionMode", "Indexed"), ("spec.jobTemplate.spec.completions", 1),
            ("spec.jobTemplate.spec.template.spec.restartPolicy", "Never"),
            ("spec.jobTemplate.spec.podFailurePolicy", failurePolicy),
        ],
        "PersistentVolume": [
            ("spec.capacity", ["storage": "1Gi"]), ("spec.accessModes", ["ReadWriteOnce"]),
            ("spec.hostPath", ["path": "/x"]),
        ],
        "StorageClass": [
            ("allowedTopologies", [["matchLabelExpressions": [["key": "a", "values": ["b"]]]]])
        ],
        "VolumeAttachment": [("spec.source.persistentVolumeName", "x")],
        "NetworkPolicy": [
            ("spec.egress", [["ports": [["port": 1]], "to": [["ipBlock": ["cidr": "10.0.0.0/8"]]]]])
        ],
        // Its name is made of its group and version.
        "APIService": [
            ("metadata.name", "v1.example.com"),
            ("spec", ["group": "example.com", "version": "v1", "groupPriorityMinimum": 1000, "versionPriority": 15]),
            ("spec.service", ["name": "x", "namespace": "ns"]),
        ],
        // The first type that is supported is for one object only.
        "PriorityLevelConfiguration": [
            ("spec.type", "Limited"), ("spec.limited", ["limitResponse": ["type": "Reject"]]),
        ],
        "FlowSchema": [
            (
                "spec.rules",
                [
                    [
                        "subjects": [["kind": "User", "user": ["name": "x"]]],
                        "nonResourceRules": [["verbs": ["*"], "nonResourceURLs": ["*"]]],
                    ]
                ]
            )
        ],
        // Expressions have to compile.
        "ValidatingAdmissionPolicy": [
            ("spec.validations", [["expression": "true"]]),
            ("spec.auditAnnotations", [["key": "x", "valueExpression": "'x'"]]),
        ],
        "MutatingAdmissionPolicy": [
            (
                "spec.mutations",
                [["patchType": "ApplyConfiguration", "applyConfiguration": ["expression": "Object{}"]]]
            ), ("spec.reinvocationPolicy", "Never"),
        ],
        "CertificateSigningRequest": [
            ("spec.request", .string(certificateRequest)), ("spec.signerName", "a.b/c"), ("spec.usages", ["any"]),
        ],
    ]

    /// A request (`/O=o/CN=a`) as a PEM block, in base64.
    static let certificateRequest = Base64.encode(
        Array(
            """
            -----BEGIN CERTIFICATE REQUEST-----
            MIHSMHoCAQAwGDEKMAgGA1UECgwBbzEKMAgGA1UEAwwBYTBZMBMGByqGSM49AgEG
            CCqGSM49AwEHA0IABKRGPKt8cErVjQ9W+cDEQlfHqmVoZh5ZULJ9Vz1F9NiTrqL4
            Wdwtx11d2gdi94Cx8u9XlsevxgD0jJHP9AO5Fk2gADAKBggqhkjOPQQDAgNIADBF
            AiA4a9sMFvCQUrXt/EUIUL7y8PIDEe9vLzTKcJUGZB5IKgIhALZlpvGkaWR7RZoq
            Yu1xzJ1IUD6lHfIgQaucDn6tAFpv
            -----END CERTIFICATE REQUEST-----

            """.utf8)[...])

    private static let failurePolicy: Value = [
        "rules": [["action": "Ignore", "onPodConditions": [["type": "X", "status": "True"]]]]
    ]

    private static let selecting: [(path: String, value: Value)] = [
        ("spec.selector.matchLabels", ["a": "b"]), ("spec.template.metadata.labels", ["a": "b"]),
    ]

    /// What a message means that neither proposes a value nor names a bound.
    static let hints: [(words: String, value: Value)] = [
        ("must be an absolute path", "/x"), ("less than 10 minutes", 600), ("operator must be Exists", "Exists"),
        ("must be 'Exist'", "Exists"), ("starting with iqn", "iqn.2001-04.com.example:x"), ("host:port pair", "x:1"),
        ("field label not supported", "metadata.name"),
        ("not a valid selector operator", "In"), ("not a valid field selector key", "metadata.name"),
        ("unsupported scope", "NotTerminating"), ("must be a standard limit type", "Container"),
        ("neither a standard finalizer name", "example.com/x"), ("domain with at least", "x.example.com"),
        ("expected exactly 5 fields", "0 0 * * *"), ("domain-prefixed path", "example.com/x"),
        ("standard resource for containers", "cpu"), ("Utilization, Value, or AverageValue", "AverageValue"),
        ("unknown time zone", "Etc/UTC"), ("duration less than 600 seconds", 600),
        ("may have matchingPrecedence 1", 1000), ("must be valid format", "iqn.2001-04.com.example:x"),
        ("error parsing succeededIndexes", "0"),
        ("must be a valid IP address", "10.9.8.7"), ("must be a valid CIDR", "10.9.8.0/24"),
    ]

    /// Fields, as `Type.field`, that no object can be created with here.
    static let unsettable: [String: String] = [
        "PodSpec.ephemeralContainers": "only by its subresource",
        "Container.volumeDevices": "needs a claim as a volume",
        "PodSpec.priorityClassName": "names an object", "PodSpec.serviceAccountName": "names an object",
        "PodSpec.serviceAccount": "names an object", "PodSpec.priority": "is worked out",
        "PodSpec.preemptionPolicy": "is worked out", "ServiceSpec.clusterIP": "an address of the range",
        "ServiceSpec.clusterIPs": "an address of the range",
        "ServiceSpec.healthCheckNodePort": "a port of the range, with two conditions",
        "ServiceSpec.externalTrafficPolicy": "for types that no message names",
        "DownwardAPIVolumeSource.items": "the message is about the volume",
        "DownwardAPIProjection.items": "the message is about the source",
        "NodeSpec.taints": "Kubernetes' own path is metadata.taints",
        "Container.resizePolicy": "Kubernetes' own paths say which entry, but not which field",
        "PodSpec.runtimeClassName": "names an object",
        "ISCSIVolumeSource.initiatorName": "Kubernetes' own path is initiatorname",
        "ScopeSelector.matchExpressions": "operators and values go by the scope",
        "PodSpec.overhead": "Kubernetes' own path is spec.overhead.limits",
        "ResourceRequirements.claims": "names a claim of the pod",
        "ObjectFieldSelector.apiVersion": "v1 and nothing else",
        "WindowsSecurityContextOptions.hostProcess": "needs the network of the host",
        "VolumeMount.mountPropagation": "the first value that is supported is for privileged containers",
        "NodeSpec.podCIDR": "is the first of podCIDRs", "Toleration.value": "needs a key",
        "ServiceSpec.loadBalancerSourceRanges": "Kubernetes' own path is spec.LoadBalancerSourceRanges",
        "RollingUpdateDaemonSet.maxSurge": "instead of maxUnavailable, which has a default",
        "IngressClassParametersReference.namespace": "for the other scope",
        "IngressBackend.resource": "instead of a service", "ServiceBackendPort.name": "instead of a number",
        "NetworkPolicyPeer.namespaceSelector": "instead of addresses",
        "NetworkPolicyPeer.podSelector": "instead of addresses", "Subject.apiGroup": "goes by the kind",
        "Subject.group": "goes by the kind", "Subject.serviceAccount": "goes by the kind",
        "PriorityLevelConfigurationSpec.exempt": "for the other type", "LimitResponse.queuing": "for the other type",
        "PodFailurePolicyRule.onExitCodes": "instead of conditions",
        "ISCSIPersistentVolumeSource.initiatorName": "Kubernetes' own path is initiatorname",
        "MetricSpec.containerResource": "for another type", "MetricSpec.external": "for another type",
        "MetricSpec.object": "for another type", "MetricSpec.pods": "for another type",
        "MetricTarget.averageValue": "for another type", "MetricTarget.value": "for another type",
        "PolicyRule.nonResourceURLs": "instead of resources",
        "VolumeAttachmentSource.inlineVolumeSpec": "instead of a volume's name",
        "Overhead.podFixed": "Kubernetes' own path is overhead.limits",
        "JobSpec.selector": "is worked out", "JobSpec.manualSelector": "needs a selector",
        "Event.deprecatedCount": "of core/v1 alone", "Event.deprecatedFirstTimestamp": "of core/v1 alone",
        "Event.deprecatedLastTimestamp": "of core/v1 alone",
    ]

    /// Fields that a schema calls required, and whose zero value Kubernetes accepts all the same.
    static let zeroIsAccepted: [String: String] = [
        "LimitRangeSpec.limits": "no limits", "PreferredSchedulingTerm.preference": "matches nothing",
        "CSIDriver.spec": "all defaults", "CSINode.spec": "no drivers", "CSINodeSpec.drivers": "no drivers",
        "ScaleIOPersistentVolumeSource.secretRef": "never looked at",
        "ISCSIPersistentVolumeSource.lun": "zero", "PodFailurePolicy.rules": "no rules",
        "TokenRequest.audience": "the server's own", "HTTPHeader.value": "an empty header",
        "SleepAction.seconds": "no sleep", "ControllerRevision.revision": "zero",
        "ForZone.name": "an empty label", "Sysctl.value": "an empty setting",
        "EventSeries.count": "never looked at", "EventSeries.lastObservedTime": "never looked at",
        "DaemonSetSpec.selector": "refused, with the path of the labels that it does not match",
        "ISCSIVolumeSource.lun": "zero", "ScaleIOVolumeSource.secretRef": "never looked at",
        "ConfigMapNodeConfigSource.kubeletConfigKey": "never looked at",
        "ConfigMapNodeConfigSource.name": "never looked at", "ConfigMapNodeConfigSource.namespace": "never looked at",
        "ClusterTrustBundleProjection.path": "behind a feature gate",
        "PodCertificateProjection.keyType": "behind a feature gate",
        "PodCertificateProjection.signerName": "behind a feature gate",
        "GCEPersistentDiskVolumeSource.pdName": "Kubernetes' own path is persistentDisk.pdName",
        "ServiceAccountTokenProjection.path": "Kubernetes' own path is that of the volume",
    ]

    /// Values that break an enumeration or a format, and are accepted.
    static let unchecked: [String: String] = [:]

    /// Types whose rules the server does not know in full yet. Strike out what has been done.
    static let gaps: Set<String> = ["TypedLocalObjectReference", "TypedObjectReference"]

    /// Kinds whose fields are not walked. Strike out those whose rules are complete.
    static let unwalked: Set<String> = [
        // A schema of schemas, with tests of its own.
        "CustomResourceDefinition",
        // Checked against their schemas only: nothing here allocates devices.
        "DeviceClass", "ResourceClaim", "ResourceClaimTemplate", "ResourceSlice",
        // The same, until admission asks them.
        "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration", "MutatingAdmissionPolicy",
        "MutatingAdmissionPolicyBinding", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding",
    ]
}
