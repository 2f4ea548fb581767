package import FairleadModel

/// The defaults of pod specs, in pods and in the templates of workloads (SetDefaults_PodSpec, _Container, _Probe,
/// _Volume … of k8s.io/kubernetes `pkg/apis/core/v1/defaults.go`).
package enum PodSpecDefaults {
    package static func apply(to spec: inout Value) {
        PodFeatures.dropDisabled(&spec)
        spec.setDefaultText("dnsPolicy", "ClusterFirst")
        spec.setDefaultText("restartPolicy", "Always")
        spec.setDefault("securityContext", .object(Object()))
        spec.setDefault("terminationGracePeriodSeconds", 30)
        spec.setDefaultText("schedulerName", "default-scheduler")
        mirrorServiceAccount(in: &spec)
        for key in ["containers", "initContainers", "ephemeralContainers"] {
            spec.changeItems(key, ContainerDefaults.apply)
        }
        spec.changeItems("volumes", VolumeDefaults.apply)
    }

    /// Sets the defaults of a pod template, whose spec may be missing.
    package static func apply(toTemplate template: inout Value) {
        template.setDefault("metadata", .object(Object()))
        var spec = template["spec"] ?? .object(Object())
        apply(to: &spec)
        template["spec"] = spec
    }

    /// Sets the defaults of a pod, which has more of them than a template (SetDefaults_Pod).
    package static func apply(toPod pod: inout Value) {
        var spec = pod["spec"] ?? .object(Object())
        apply(to: &spec)
        // Templates may keep a negative period; in a pod it becomes one second.
        if spec.number("terminationGracePeriodSeconds") < 0 { spec["terminationGracePeriodSeconds"] = 1 }
        spec.setDefault("enableServiceLinks", true)
        for key in ["containers", "initContainers"] {
            spec.changeItems(key, defaultRequests)
            if spec.flag("hostNetwork") { spec.changeItems(key, defaultHostPorts) }
        }
        PodResourcesDefaults.apply(to: &spec)
        pod["spec"] = spec
    }

    /// Missing requests default to the limits.
    private static func defaultRequests(_ container: inout Value) {
        container.change("resources") { resources in
            guard let limits = resources["limits"]?.object, !limits.isEmpty else { return }
            let requests = resources["requests"]?.object ?? Object()
            resources["requests"] = .object(requests.merging(limits) { _, request, limit in request ?? limit })
        }
    }

    private static func defaultHostPorts(_ container: inout Value) {
        container.changeItems("ports") { $0.setDefaultNumber("hostPort", $0.number("containerPort")) }
    }

    /// `serviceAccount` is the deprecated name of `serviceAccountName`; setting one sets both.
    private static func mirrorServiceAccount(in spec: inout Value) {
        let name = spec.text("serviceAccountName")
        let old = spec.text("serviceAccount")
        if name.isEmpty, !old.isEmpty { spec["serviceAccountName"] = .string(old) }
        if !name.isEmpty, name != old { spec["serviceAccount"] = .string(name) }
    }
}

/// The defaults of pod-level resources that are only partly specified.
enum PodResourcesDefaults {
    static func apply(to spec: inout Value) {
        guard let given = spec["resources"] else { return }
        var limits = ResourceAmounts(given["limits"])
        var requests = ResourceAmounts(given["requests"])
        if limits.isEmpty, requests.isEmpty { return }
        let asked = requests
        let total = PodUsage.ofContainers(spec, "limits")
        for name in total.names
        where ResourceNames.isHugePages(name) && asked[name] == nil && limits[name] == nil {
            limits[name] = total[name]
        }
        if !limits.isEmpty {
            let sums = PodUsage.ofContainers(spec, "requests")
            for name in sums.names
            where requests[name] == nil && ResourceNames.isOfPods(name) && !ResourceNames.isHugePages(name) {
                requests[name] = sums[name]
            }
            for name in limits.names where requests[name] == nil && ResourceNames.isOfPods(name) {
                requests[name] = limits[name]
            }
        }
        var filled = given
        for (kind, amounts) in [("limits", limits), ("requests", requests)]
        where amounts != ResourceAmounts(given[kind]) {
            filled[kind] = amounts.value
        }
        spec["resources"] = filled
    }
}

/// Fields of features that are off in Kubernetes v1.36: they are dropped without validation.
enum PodFeatures {
    static func dropDisabled(_ spec: inout Value) {
        // GenericWorkload
        if spec["schedulingGroup"] != nil { spec["schedulingGroup"] = nil }
        for key in ["containers", "initContainers", "ephemeralContainers"]
        where spec.items(key).contains(where: { $0.at("lifecycle", "stopSignal") != nil }) {
            spec.changeItems(key, dropStopSignal)
        }
        if spec.items("volumes").contains(where: { $0["projected"] != nil || $0["ephemeral"] != nil }) {
            spec.changeItems("volumes", dropSources)
        }
    }

    /// ContainerStopSignals
    private static func dropStopSignal(_ container: inout Value) {
        guard container.at("lifecycle", "stopSignal") != nil else { return }
        container.set(nil, at: "lifecycle", "stopSignal")
        if container["lifecycle"]?.object?.isEmpty ?? false { container["lifecycle"] = nil }
    }

    /// ClusterTrustBundleProjection, PodCertificateRequest; `claims` in a claim's resources has never had a meaning.
    private static func dropSources(_ volume: inout Value) {
        volume.change("projected") { projected in
            projected.changeItems("sources") { source in
                for key in ["clusterTrustBundle", "podCertificate"] where source[key] != nil { source[key] = nil }
            }
        }
        volume.change("ephemeral") { source in
            source.change("volumeClaimTemplate") { template in
                template.change("spec") { $0.change("resources") { $0["claims"] = nil } }
            }
        }
    }
}
