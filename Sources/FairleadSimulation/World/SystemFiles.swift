import FairleadContainers
import FairleadModel

/// What a runtime puts into a container beside its image and its volumes: /etc/hosts, /dev/shm, /sys/fs/cgroup and the
/// like.
struct SystemFiles {
    let pod: Value
    let container: Value
    let hosts: HostFiles
    /// The text of /etc/resolv.conf.
    let resolvConf: String
    /// The container's spec as it is at the time: its resources may change.
    let present: @Sendable () -> (pod: Value, container: Value)
    /// Bytes of memory of the node.
    let capacity: Int64
    /// Those of the container's own process.
    let credentials: Credentials
    let now: @Sendable () -> Timestamp

    /// Adds them to a container's files; all that they need is one small tree.
    ///
    /// - Returns: the tree that has the termination message.
    func add(to files: inout ContainerFiles) -> FileTree {
        let tree = FileTree(type: "tmpfs", mode: 0o1777, modified: now())
        mount(.file(Array(hosts.hosts.utf8)), tree, at: "/etc/hosts", &files)
        mount(.file(Array((hosts.hostname + "\n").utf8)), tree, at: "/etc/hostname", &files)
        mount(.file(Array(resolvConf.utf8)), tree, at: "/etc/resolv.conf", &files)
        mount(.directory([:]), tree, at: "/dev/shm", mode: 0o1777, &files)
        let controls = FileTree(type: "cgroup2", mode: 0o555, modified: now())
        files.add(Mount(path: "/sys/fs/cgroup", tree: controls, isReadOnly: true))
        fill(controls)
        for sysctl in pod.items("spec", "securityContext", "sysctls") {
            let name = sysctl.text("name").replacing("/", with: ".").replacing(".", with: "/")
            let text = sysctl.text("value") + "\n"
            mount(.file(Array(text.utf8)), tree, at: ContainerFiles.normal("/proc/sys/\(name)"), &files)
        }
        let present = present
        let capacity = capacity
        mount(
            .generated {
                let now = present()
                return Array(
                    "\(ControlGroup.badness(pod: now.pod, container: now.container, capacity: capacity))\n".utf8)
            }, tree, at: "/proc/1/oom_score_adj", &files)
        for (name, text) in kernelFiles {
            mount(.file(Array(text.utf8)), tree, at: "/proc/\(name)", mode: 0o444, &files)
        }
        mount(.file([]), tree, at: messagePath, as: Self.messageName, mode: 0o666, &files)
        return tree
    }

    /// /proc/mounts, which shows what has been mounted up to now.
    func addMountTable(_ tree: FileTree, to files: inout ContainerFiles) {
        let text = Array(MountTable(files).text.utf8)
        for path in Self.mountTables { mount(.file(text), tree, at: path, mode: 0o444, &files) }
    }

    private static let mountTables = ["/proc/mounts", "/proc/self/mounts", "/proc/1/mounts"]

    /// What programs look for below /proc, as far as it does not change.
    private var kernelFiles: [(name: String, text: String)] {
        let security = container["securityContext"]
        let profile =
            security?.at("seccompProfile", "type")?.string
            ?? pod.at("spec", "securityContext", "seccompProfile", "type")?.string ?? "Unconfined"
        let mayGain = security?["allowPrivilegeEscalation"]?.bool ?? true
        let (user, group) = (credentials.user, credentials.group)
        let groups = credentials.groups.map { "\($0) " }.joined()
        let status = """
            Name:\tsh
            State:\tS (sleeping)
            Uid:\t\(user)\t\(user)\t\(user)\t\(user)
            Gid:\t\(group)\t\(group)\t\(group)\t\(group)
            Groups:\t\(groups)
            NoNewPrivs:\t\(mayGain ? 0 : 1)
            Seccomp:\t\(profile == "Unconfined" ? 0 : 2)
            Cpus_allowed_list:\t0-3

            """
        let kibibytes = capacity / 1024
        let memory = """
            MemTotal:       \(kibibytes) kB
            MemFree:        \(kibibytes / 2) kB
            MemAvailable:   \(kibibytes / 4 * 3) kB

            """
        let processors = (0..<4).map { "processor\t: \($0)\nmodel name\t: Simulated CPU\ncpu MHz\t\t: 2400.000\n\n" }
        // Seen from a control group of its own.
        let controlGroup = "0::/\n"
        return [
            ("self/status", status), ("1/status", status), ("self/uid_map", "         0          0 4294967295\n"),
            ("meminfo", memory), ("cpuinfo", processors.joined()), ("self/cgroup", controlGroup),
            ("1/cgroup", controlGroup),
        ]
    }

    /// The places of these files in an image, so that they need not be made in each container.
    static func prepare(_ image: FileTree, now: @escaping @Sendable () -> Timestamp) {
        let files = ContainerFiles(root: image, now: now)
        for path in [
            "/dev/shm", "/sys/fs/cgroup", "/proc/1", "/proc/self", "/var/run/secrets/kubernetes.io/serviceaccount",
            "/etc",
        ] {
            // What is in the way in an odd image stays.
            try? files.makeDirectory(path, makesParents: true, as: .root)
        }
        for path in [
            "/dev/termination-log", "/proc/1/oom_score_adj", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf",
            "/proc/self/status", "/proc/1/status", "/proc/self/uid_map", "/proc/meminfo", "/proc/cpuinfo",
            "/proc/self/cgroup", "/proc/1/cgroup",
        ] + mountTables
        where !files.exists(path) {
            // Likewise.
            try? files.write([], to: path, as: .root)
        }
    }

    private static let messageName = "message"

    private var messagePath: String {
        let path = container.text("terminationMessagePath")
        return path.isEmpty ? "/dev/termination-log" : path
    }

    /// What a container has written as its last words.
    static func message(in tree: FileTree) -> [UInt8] {
        // Somebody may have removed it.
        guard let node = try? tree.child(messageName, of: FileTree.root),
            case .file(let bytes)? = tree.node(node)?.content
        else { return [] }
        return bytes
    }

    /// A file of its own, writable even if the root of the container is not.
    private func mount(
        _ content: FileNode.Content, _ tree: FileTree, at path: String, as name: String? = nil, mode: UInt16 = 0o644,
        _ files: inout ContainerFiles
    ) {
        // Nothing is in the way in a new tree.
        guard
            let node = try? tree.add(
                FileNode(content, mode: mode, modified: now()), named: name ?? path.replacing("/", with: "_"),
                to: FileTree.root)
        else { return }
        files.add(Mount(path: path, tree: tree, node: node))
    }

    private func fill(_ tree: FileTree) {
        let present = present
        func add(_ name: String, _ text: @escaping @Sendable (ControlGroup) -> String) {
            // Nothing is in the way in a new tree.
            _ = try? tree.add(
                FileNode(
                    .generated { Array((text(ControlGroup(spec: present().container)) + "\n").utf8) }, mode: 0o644,
                    modified: now()), named: name, to: FileTree.root)
        }
        add("cpu.max") { $0.cpuMax }
        add("cpu.weight") { String($0.cpuWeight) }
        add("memory.max") { $0.memoryMax }
        add("memory.current") { _ in "4194304" }
        add("pids.max") { _ in "max" }
        add("cgroup.controllers") { _ in "cpuset cpu io memory hugetlb pids rdma" }
    }
}
