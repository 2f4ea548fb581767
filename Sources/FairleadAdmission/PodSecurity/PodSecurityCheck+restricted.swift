import FairleadModel

/// The controls that the level restricted adds.
extension PodSecurityCheck {
    private typealias Words = PodSecurityWords

    static let restricted: [PodSecurityCheck] = [
        PodSecurityCheck(
            name: "allowPrivilegeEscalation", level: .restricted,
            versions: [.init(since: 8, check: escalation), .init(since: 25) { $0.isWindows ? nil : escalation($0) }]),
        PodSecurityCheck(
            name: "capabilities_restricted", level: .restricted,
            versions: [
                .init(since: 22, check: fewCapabilities), .init(since: 25) { $0.isWindows ? nil : fewCapabilities($0) },
            ],
            replaces: "capabilities_baseline"),
        PodSecurityCheck(
            name: "procMount_restricted", level: .restricted, versions: [.init(since: 35, check: procMount)],
            replaces: "procMount"),
        PodSecurityCheck(
            name: "restrictedVolumes", level: .restricted, versions: [.init(since: 0, check: volumes)],
            replaces: "hostPathVolumes"),
        PodSecurityCheck(
            name: "runAsNonRoot", level: .restricted,
            versions: [.init(since: 0, check: nonRoot), .init(since: 35) { $0.hasUserNamespace ? nil : nonRoot($0) }]),
        PodSecurityCheck(
            name: "runAsUser", level: .restricted,
            versions: [.init(since: 23, check: user), .init(since: 35) { $0.hasUserNamespace ? nil : user($0) }]),
        PodSecurityCheck(
            name: "seccompProfile_restricted", level: .restricted,
            versions: [
                .init(since: 19, check: strictSeccomp), .init(since: 25) { $0.isWindows ? nil : strictSeccomp($0) },
            ],
            replaces: "seccompProfile_baseline"),
    ]

    @Sendable private static func escalation(_ pod: PodSecuritySubject) -> Violation? {
        let names = pod.names { $0.context?["allowPrivilegeEscalation"]?.bool != false }
        guard !names.isEmpty else { return nil }
        return Violation(
            reason: "allowPrivilegeEscalation != false",
            detail: "\(Words.containers(names)) must set securityContext.allowPrivilegeEscalation=false")
    }

    @Sendable private static func fewCapabilities(_ pod: PodSecuritySubject) -> Violation? {
        var details: [String] = []
        let keeping = pod.names { container in
            !(container.context?.at("capabilities", "drop")?.array ?? []).contains("ALL")
        }
        if !keeping.isEmpty {
            details.append("\(Words.containers(keeping)) must set securityContext.capabilities.drop=[\"ALL\"]")
        }
        if let added = addedCapabilities(of: pod, besides: ["NET_BIND_SERVICE"]) { details.append(added) }
        return details.isEmpty
            ? nil : Violation(reason: "unrestricted capabilities", detail: details.joined(separator: "; "))
    }

    private static let allowedSources = [
        "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim", "projected",
        "secret",
    ]
    /// In the order in which they are looked for.
    private static let namedSources = [
        "hostPath", "gcePersistentDisk", "awsElasticBlockStore", "gitRepo", "nfs", "iscsi", "glusterfs", "rbd",
        "flexVolume", "cinder", "cephfs", "flocker", "fc", "azureFile", "vsphereVolume", "quobyte", "azureDisk",
        "photonPersistentDisk", "portworxVolume", "scaleIO", "storageos",
    ]

    @Sendable private static func volumes(_ pod: PodSecuritySubject) -> Violation? {
        var types: Set<String> = []
        var names: [String] = []
        for volume in pod.spec["volumes"]?.array ?? [] {
            if allowedSources.contains(where: { volume[$0]?.object != nil }) { continue }
            names.append(volume["name"]?.string ?? "")
            types.insert(namedSources.first { volume[$0]?.object != nil } ?? "unknown")
        }
        guard !names.isEmpty else { return nil }
        let volumes = Words.counted("volume", "volumes", names.count) + " " + Words.quoted(names)
        let uses = Words.counted("uses", "use", names.count)
        let what = Words.counted("restricted volume type", "restricted volume types", types.count)
        return Violation(
            reason: "restricted volume types", detail: "\(volumes) \(uses) \(what) \(Words.quoted(types))")
    }

    @Sendable private static func nonRoot(_ pod: PodSecuritySubject) -> Violation? {
        func setting(_ context: Value?) -> Bool? { context?["runAsNonRoot"]?.bool }
        let ofPod = setting(pod.context)
        let reason = "runAsNonRoot != true"
        if let setters = Words.setters(pod: ofPod == false, pod.names { setting($0.context) == false }) {
            return Violation(reason: reason, detail: "\(setters) must not set securityContext.runAsNonRoot=false")
        }
        let silent = ofPod == true ? [] : pod.names { setting($0.context) == nil }
        guard !silent.isEmpty else { return nil }
        return Violation(
            reason: reason, detail: "pod or \(Words.containers(silent)) must set securityContext.runAsNonRoot=true")
    }

    @Sendable private static func user(_ pod: PodSecuritySubject) -> Violation? {
        func isRoot(_ context: Value?) -> Bool { context?["runAsUser"]?.int == 0 }
        guard let setters = Words.setters(pod: isRoot(pod.context), pod.names { isRoot($0.context) }) else {
            return nil
        }
        return Violation(reason: "runAsUser=0", detail: "\(setters) must not set runAsUser=0")
    }

    @Sendable private static func strictSeccomp(_ pod: PodSecuritySubject) -> Violation? {
        if let bad = seccomp(pod) { return bad }
        guard isSeccompAllowed(pod.context) == nil else { return nil }
        let silent = pod.names { isSeccompAllowed($0.context) == nil }
        guard !silent.isEmpty else { return nil }
        return Violation(
            reason: "seccompProfile",
            detail:
                "pod or \(Words.containers(silent)) must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\""
        )
    }
}
