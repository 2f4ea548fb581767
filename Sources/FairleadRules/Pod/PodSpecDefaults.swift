package import FairleadModel

/// The defaults of pod specs, in pods and in the templates of workloads (SetDefaults_PodSpec, _Container, _Probe,
/// _Volume … of k8s.io/kubernetes `pkg/apis/core/v1/defaults.go`).
package enum PodSpecDefaults {
    package static func apply(to spec: inout Value) {
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

    /// Fills a pod template: the spec, which may be missing.
    package static func apply(toTemplate template: inout Value) {
        template.setDefault("metadata", .object(Object()))
        var spec = template["spec"] ?? .object(Object())
        apply(to: &spec)
        template["spec"] = spec
    }

    /// `serviceAccount` is the old name of `serviceAccountName`; both are always shown.
    private static func mirrorServiceAccount(in spec: inout Value) {
        let name = spec.text("serviceAccountName")
        let old = spec.text("serviceAccount")
        if name.isEmpty, !old.isEmpty { spec["serviceAccountName"] = .string(old) }
        if !name.isEmpty, name != old { spec["serviceAccount"] = .string(name) }
    }
}

/// The defaults of one container.
enum ContainerDefaults {
    static func apply(to container: inout Value) {
        if container.text("imagePullPolicy").isEmpty {
            container["imagePullPolicy"] = .string(pullPolicy(ofImage: container.text("image")))
        }
        container.setDefaultText("terminationMessagePath", "/dev/termination-log")
        container.setDefaultText("terminationMessagePolicy", "File")
        container.setDefault("resources", .object(Object()))
        container.changeItems("ports") { $0.setDefaultText("protocol", "TCP") }
        for key in ["livenessProbe", "readinessProbe", "startupProbe"] { container.change(key, probe) }
        container.change("lifecycle") { lifecycle in
            for key in ["postStart", "preStop"] { lifecycle.change(key) { $0.change("httpGet", httpGet) } }
        }
        container.changeItems("env") { variable in
            variable.change("valueFrom") { source in
                source.change("fieldRef") { $0.setDefaultText("apiVersion", "v1") }
                source.change("resourceFieldRef", divisor)
                source.change("fileKeyRef") { $0.setDefault("optional", false) }
            }
        }
    }

    private static func probe(_ probe: inout Value) {
        probe.setDefaultNumber("timeoutSeconds", 1)
        probe.setDefaultNumber("periodSeconds", 10)
        probe.setDefaultNumber("successThreshold", 1)
        probe.setDefaultNumber("failureThreshold", 3)
        probe.change("httpGet", httpGet)
        probe.change("grpc") { $0.setDefault("service", "") }
    }

    private static func httpGet(_ action: inout Value) {
        action.setDefaultText("path", "/")
        action.setDefaultText("scheme", "HTTP")
    }

    /// A quantity is a struct in Go and so always written; zero stands for one.
    static func divisor(_ source: inout Value) { source.setDefault("divisor", "0") }

    /// `Always` for the tag `latest`, written or implied; a digest implies no tag.
    private static func pullPolicy(ofImage image: String) -> String {
        let withoutDigest = image.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        let name = withoutDigest.first.map(String.init) ?? ""
        let last = name.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
        if let colon = last.firstIndex(of: ":") {
            return last[last.index(after: colon)...] == "latest" ? "Always" : "IfNotPresent"
        }
        return withoutDigest.count > 1 ? "IfNotPresent" : "Always"
    }
}

/// The defaults of one volume.
enum VolumeDefaults {
    static func apply(to volume: inout Value) {
        guard case .object(let members) = volume else { return }
        if members.keys.allSatisfy({ $0 == "name" }) { volume["emptyDir"] = .object(Object()) }
        for key in ["secret", "configMap", "downwardAPI", "projected"] {
            volume.change(key) { $0.setDefault("defaultMode", 420) }
        }
        volume.change("downwardAPI") { $0.changeItems("items", downwardFile) }
        volume.change("projected") { $0.changeItems("sources", projection) }
        volume.change("hostPath") { $0.setDefault("type", "") }
        volume.change("iscsi") { $0.setDefaultText("iscsiInterface", "default") }
        volume.change("rbd") { source in
            source.setDefaultText("pool", "rbd")
            source.setDefaultText("user", "admin")
            source.setDefaultText("keyring", "/etc/ceph/keyring")
        }
        volume.change("azureDisk") { source in
            source.setDefault("cachingMode", "ReadWrite")
            source.setDefault("kind", "Shared")
            source.setDefault("fsType", "ext4")
            source.setDefault("readOnly", false)
        }
        volume.change("scaleIO") { source in
            source.setDefaultText("storageMode", "ThinProvisioned")
            source.setDefaultText("fsType", "xfs")
        }
        volume.change("ephemeral") { source in
            source.change("volumeClaimTemplate") { template in
                template.setDefault("metadata", .object(Object()))
                template.change("spec") { $0.setDefault("volumeMode", "Filesystem") }
            }
        }
    }

    private static func projection(_ source: inout Value) {
        source.change("serviceAccountToken") { $0.setDefault("expirationSeconds", 3600) }
        source.change("downwardAPI") { $0.changeItems("items", downwardFile) }
    }

    private static func downwardFile(_ file: inout Value) {
        file.change("fieldRef") { $0.setDefaultText("apiVersion", "v1") }
        file.change("resourceFieldRef", ContainerDefaults.divisor)
    }
}
