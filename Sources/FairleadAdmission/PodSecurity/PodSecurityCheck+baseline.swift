import FairleadModel

/// The controls of the level baseline.
extension PodSecurityCheck {
    private typealias Words = PodSecurityWords

    static let baseline: [PodSecurityCheck] = [
        PodSecurityCheck(name: "appArmorProfile", level: .baseline, versions: [.init(since: 0, check: appArmor)]),
        PodSecurityCheck(
            name: "capabilities_baseline", level: .baseline, versions: [.init(since: 0, check: capabilities)]),
        PodSecurityCheck(name: "hostNamespaces", level: .baseline, versions: [.init(since: 0, check: hostNamespaces)]),
        PodSecurityCheck(name: "hostPathVolumes", level: .baseline, versions: [.init(since: 0, check: hostPaths)]),
        PodSecurityCheck(name: "hostPorts", level: .baseline, versions: [.init(since: 0, check: hostPorts)]),
        PodSecurityCheck(
            name: "hostProbesAndHostLifecycle", level: .baseline, versions: [.init(since: 34, check: probeHosts)]),
        PodSecurityCheck(name: "privileged", level: .baseline, versions: [.init(since: 0, check: privileged)]),
        PodSecurityCheck(
            name: "procMount", level: .baseline,
            versions: [
                .init(since: 0, check: procMount),
                .init(since: 35) { $0.hasUserNamespace ? nil : procMount($0) },
            ]),
        PodSecurityCheck(
            name: "seLinuxOptions", level: .baseline,
            versions: [
                .init(since: 0) { seLinux($0, allowed: seLinuxTypes) },
                .init(since: 31) { seLinux($0, allowed: seLinuxTypes + ["container_engine_t"]) },
            ]),
        PodSecurityCheck(
            name: "seccompProfile_baseline", level: .baseline,
            versions: [.init(since: 0, check: seccompAnnotations), .init(since: 19, check: seccomp)]),
        PodSecurityCheck(
            name: "sysctls", level: .baseline,
            versions: [
                .init(since: 0) { sysctls($0, allowed: safeSysctls) },
                .init(since: 27) { sysctls($0, allowed: safeSysctls + sysctls27) },
                .init(since: 29) { sysctls($0, allowed: safeSysctls + sysctls27 + sysctls29) },
                .init(since: 32) { sysctls($0, allowed: safeSysctls + sysctls27 + sysctls29 + sysctls32) },
            ]),
        PodSecurityCheck(name: "windowsHostProcess", level: .baseline, versions: [.init(since: 0, check: hostProcess)]),
    ]

    // MARK: The host

    @Sendable private static func hostNamespaces(_ pod: PodSecuritySubject) -> Violation? {
        let used = ["hostNetwork", "hostPID", "hostIPC"].filter { pod.spec[$0]?.bool == true }
        return used.isEmpty
            ? nil
            : Violation(reason: "host namespaces", detail: used.map { $0 + "=true" }.joined(separator: ", "))
    }

    @Sendable private static func hostPaths(_ pod: PodSecuritySubject) -> Violation? {
        let names = (pod.spec["volumes"]?.array ?? []).filter { $0["hostPath"]?.object != nil }
            .map { $0["name"]?.string ?? "" }
        guard !names.isEmpty else { return nil }
        return Violation(
            reason: "hostPath volumes",
            detail: Words.counted("volume", "volumes", names.count) + " " + Words.quoted(names))
    }

    @Sendable private static func hostPorts(_ pod: PodSecuritySubject) -> Violation? {
        var ports: Set<String> = []
        let names = pod.names { container in
            let used = (container.value["ports"]?.array ?? []).compactMap { $0["hostPort"]?.int }.filter { $0 != 0 }
            ports.formUnion(used.map(String.init))
            return !used.isEmpty
        }
        guard !names.isEmpty else { return nil }
        let uses = Words.counted("uses", "use", names.count)
        let what = Words.counted("hostPort", "hostPorts", ports.count)
        return Violation(
            reason: "hostPort",
            detail: "\(Words.containers(names)) \(uses) \(what) \(ports.sorted().joined(separator: ", "))")
    }

    @Sendable private static func probeHosts(_ pod: PodSecuritySubject) -> Violation? {
        var hosts: Set<String> = []
        let names = pod.names { container in
            let handlers =
                ["livenessProbe", "readinessProbe", "startupProbe"].map { container.value[$0] }
                + ["postStart", "preStop"].map { container.value["lifecycle"]?[$0] }
            let used = handlers.compactMap { $0 }.flatMap { handler in
                ["httpGet", "tcpSocket"].compactMap { handler[$0]?["host"]?.string }
            }.filter { !$0.isEmpty }
            hosts.formUnion(used)
            return !used.isEmpty
        }
        guard !names.isEmpty else { return nil }
        let all = Array(Set(names)).sorted { $0.isBefore($1) }
        let uses = Words.counted("uses", "use", all.count)
        let what = Words.counted("probe or lifecycle host", "probe or lifecycle hosts", hosts.count)
        return Violation(
            reason: "probe or lifecycle host", detail: "\(Words.containers(all)) \(uses) \(what) \(Words.quoted(hosts))"
        )
    }

    @Sendable private static func hostProcess(_ pod: PodSecuritySubject) -> Violation? {
        func isSet(_ context: Value?) -> Bool { context?.at("windowsOptions", "hostProcess")?.bool == true }
        guard let setters = Words.setters(pod: isSet(pod.context), pod.names { isSet($0.context) }) else { return nil }
        return Violation(
            reason: "hostProcess", detail: "\(setters) must not set securityContext.windowsOptions.hostProcess=true")
    }

    // MARK: Privileges

    @Sendable private static func privileged(_ pod: PodSecuritySubject) -> Violation? {
        let names = pod.names { $0.context?["privileged"]?.bool == true }
        guard !names.isEmpty else { return nil }
        return Violation(
            reason: "privileged", detail: "\(Words.containers(names)) must not set securityContext.privileged=true")
    }

    private static let defaultCapabilities: Set<String> = [
        "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP",
        "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
    ]

    @Sendable private static func capabilities(_ pod: PodSecuritySubject) -> Violation? {
        addedCapabilities(of: pod, besides: defaultCapabilities).map {
            Violation(reason: "non-default capabilities", detail: $0)
        }
    }

    /// Which containers add capabilities that they may not, in words.
    static func addedCapabilities(of pod: PodSecuritySubject, besides allowed: Set<String>) -> String? {
        var forbidden: Set<String> = []
        let names = pod.names { container in
            let added = (container.context?.at("capabilities", "add")?.array ?? []).compactMap(\.string)
                .filter { !allowed.contains($0) }
            forbidden.formUnion(added)
            return !added.isEmpty
        }
        guard !names.isEmpty else { return nil }
        return
            "\(Words.containers(names)) must not include \(Words.quoted(forbidden)) in securityContext.capabilities.add"
    }

    @Sendable static func procMount(_ pod: PodSecuritySubject) -> Violation? {
        var types: Set<String> = []
        let names = pod.names { container in
            guard let type = container.context?["procMount"]?.string, type != "Default" else { return false }
            types.insert(type)
            return true
        }
        guard !names.isEmpty else { return nil }
        return Violation(
            reason: "procMount",
            detail: "\(Words.containers(names)) must not set securityContext.procMount to \(Words.quoted(types))")
    }

    // MARK: Sysctls

    private static let safeSysctls = [
        "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies",
        "net.ipv4.ping_group_range", "net.ipv4.ip_unprivileged_port_start",
    ]
    private static let sysctls27 = ["net.ipv4.ip_local_reserved_ports"]
    private static let sysctls29 = [
        "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl",
        "net.ipv4.tcp_keepalive_probes",
    ]
    private static let sysctls32 = ["net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"]

    private static func sysctls(_ pod: PodSecuritySubject, allowed: [String]) -> Violation? {
        let names = (pod.context?["sysctls"]?.array ?? []).map { $0["name"]?.string ?? "" }
            .filter { !allowed.contains($0) }
        return names.isEmpty ? nil : Violation(reason: "forbidden sysctls", detail: names.joined(separator: ", "))
    }

    // MARK: Profiles

    private static let seLinuxTypes = ["", "container_t", "container_init_t", "container_kvm_t"]

    private static func seLinux(_ pod: PodSecuritySubject, allowed: [String]) -> Violation? {
        var types: Set<String> = []
        var (setsUser, setsRole) = (false, false)
        func isBad(_ context: Value?) -> Bool {
            guard let options = context?["seLinuxOptions"], options.object != nil else { return false }
            let type = options["type"]?.string ?? ""
            let isTypeBad = !allowed.contains(type)
            if isTypeBad { types.insert(type) }
            let hasUser = options["user"]?.string ?? "" != ""
            let hasRole = options["role"]?.string ?? "" != ""
            setsUser = setsUser || hasUser
            setsRole = setsRole || hasRole
            return isTypeBad || hasUser || hasRole
        }
        let isPodBad = isBad(pod.context)
        guard let setters = Words.setters(pod: isPodBad, pod.names { isBad($0.context) }) else { return nil }
        var parts: [String] = []
        if !types.isEmpty { parts.append(Words.counted("type", "types", types.count) + " " + Words.quoted(types)) }
        if setsUser { parts.append("user may not be set") }
        if setsRole { parts.append("role may not be set") }
        return Violation(
            reason: "seLinuxOptions",
            detail: "\(setters) set forbidden securityContext.seLinuxOptions: \(parts.joined(separator: "; "))")
    }

    @Sendable private static func seccompAnnotations(_ pod: PodSecuritySubject) -> Violation? {
        let keys =
            ["seccomp.security.alpha.kubernetes.io/pod"]
            + pod.containers.map { "container.seccomp.security.alpha.kubernetes.io/" + $0.name }
        let annotations = pod.annotations
        var forbidden: Set<String> = []
        for key in keys {
            guard let value = annotations[key]?.string, value != "runtime/default", value != "docker/default",
                !value.hasPrefix("localhost/")
            else { continue }
            forbidden.insert("\(key)=\(value.goQuoted)")
        }
        guard !forbidden.isEmpty else { return nil }
        let what = Words.counted("annotation", "annotations", forbidden.count)
        return Violation(
            reason: "seccompProfile", detail: "forbidden \(what) \(forbidden.sorted().joined(separator: ", "))")
    }

    /// nil without a profile.
    static func isSeccompAllowed(_ context: Value?) -> (type: String, isAllowed: Bool)? {
        guard let profile = context?["seccompProfile"], profile.object != nil else { return nil }
        let type = profile["type"]?.string ?? ""
        return (type, type == "RuntimeDefault" || type == "Localhost")
    }

    @Sendable static func seccomp(_ pod: PodSecuritySubject) -> Violation? {
        var values: Set<String> = []
        func isBad(_ context: Value?) -> Bool {
            guard let profile = isSeccompAllowed(context), !profile.isAllowed else { return false }
            values.insert(profile.type)
            return true
        }
        let isPodBad = isBad(pod.context)
        guard let setters = Words.setters(pod: isPodBad, pod.names { isBad($0.context) }) else { return nil }
        return Violation(
            reason: "seccompProfile",
            detail: "\(setters) must not set securityContext.seccompProfile.type to \(Words.quoted(values))")
    }

    @Sendable private static func appArmor(_ pod: PodSecuritySubject) -> Violation? {
        var values: Set<String> = []
        func isBad(_ context: Value?) -> Bool {
            guard let profile = context?["appArmorProfile"], profile.object != nil else { return false }
            let type = profile["type"]?.string ?? ""
            if type == "RuntimeDefault" || type == "Localhost" { return false }
            values.insert(type)
            return true
        }
        let isPodBad = isBad(pod.context)
        var setters = Words.setters(pod: isPodBad, pod.names { isBad($0.context) }).map { [$0] } ?? []
        let annotations = pod.annotations.members.filter { member in
            guard member.key.hasPrefix("container.apparmor.security.beta.kubernetes.io/") else { return false }
            let value = member.value.string ?? ""
            return !value.isEmpty && value != "runtime/default" && !value.hasPrefix("localhost/")
        }.map { "\($0.key)=\(($0.value.string ?? "").goQuoted)" }
        if !annotations.isEmpty { setters.append(Words.counted("annotation", "annotations", annotations.count)) }
        guard !setters.isEmpty else { return nil }
        let all = values.sorted { $0.isBefore($1) } + annotations
        return Violation(
            reason: Words.counted("forbidden AppArmor profile", "forbidden AppArmor profiles", all.count),
            detail: "\(setters.joined(separator: " and ")) must not set AppArmor profile type to \(Words.quoted(all))")
    }
}
