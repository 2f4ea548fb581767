import FairleadContainers
import FairleadModel
import Synchronization

/// What outlives pods: the files of the nodes, for hostPath, and of persistent volumes.
final class NodeFiles: Sendable {
    private struct State {
        var nodes: [String: FileTree] = [:]
        var volumes: [String: FileTree] = [:]
    }

    private let now: @Sendable () -> Timestamp
    private let state = Mutex(State())

    init(now: @escaping @Sendable () -> Timestamp) { self.now = now }

    /// The files of a node.
    func tree(ofNode name: String) -> FileTree {
        state.withLock { state in
            if let present = state.nodes[name] { return present }
            let tree = fresh(hosts: HostFiles.nodeHosts, hostname: name)
            state.nodes[name] = tree
            return tree
        }
    }

    /// The files of a persistent volume, by a name that is its own.
    func tree(ofVolume name: String, capacity: Int) -> FileTree {
        state.withLock { state in
            if let present = state.volumes[name] { return present }
            let tree = FileTree(type: "ext4", capacity: capacity, mode: 0o777, modified: now())
            state.volumes[name] = tree
            return tree
        }
    }

    /// The node is gone, and so are its files.
    func forget(node name: String) { state.withLock { _ = $0.nodes.removeValue(forKey: name) } }

    /// The volume is gone.
    func forget(volume name: String) { state.withLock { _ = $0.volumes.removeValue(forKey: name) } }

    /// What a volume is called here: a claim that is not bound has files of its own.
    static func volumeName(of claim: Value) -> String {
        let volume = claim.text("spec", "volumeName")
        return volume.isEmpty ? "claim \(claim.uid)" : volumeName(volume)
    }

    static func volumeName(_ volume: String) -> String { "volume \(volume)" }

    private func fresh(hosts: String, hostname: String) -> FileTree {
        let time = now()
        let tree = FileTree(type: "ext4", modified: time)
        let files = ContainerFiles(root: tree, now: now)
        for path in [
            "/etc", "/home", "/mnt", "/opt", "/root", "/run", "/srv", "/sys/fs/cgroup", "/var/log", "/var/lib",
        ] {
            // Nothing is in the way in a new tree.
            try? files.makeDirectory(path, makesParents: true, as: .root)
        }
        for path in ["/tmp", "/var/tmp"] {
            // Likewise.
            try? files.makeDirectory(path, as: .root)
            try? files.set(path, mode: 0o1777, as: .root)
        }
        for (path, text) in [
            ("/etc/hosts", hosts), ("/etc/hostname", hostname + "\n"),
            (
                "/etc/os-release",
                "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=\"Debian GNU/Linux\"\nID=debian\n"
            ),
        ] {
            // Likewise.
            try? files.write(Array(text.utf8), to: path, as: .root)
        }
        return tree
    }
}
