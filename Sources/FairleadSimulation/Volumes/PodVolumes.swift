import FairleadContainers
import FairleadModel
import Synchronization

/// The volumes of one pod, made when the first of its containers needs them, and brought up to date while it lives.
final class PodVolumes: Sendable {
    /// One volume.
    struct Volume: Sendable {
        var tree: FileTree
        var node = FileTree.root
        /// Whether nobody may write to it.
        var isReadOnly = false
        /// What was last written into it from objects; nil for other volumes.
        var files: [String: ProjectedFile]?
    }

    private struct State {
        var volumes: [String: Volume] = [:]
        /// The labels and annotations that the files were made from.
        var labels: Value?
        var annotations: Value?
    }

    private let machine: NodeFiles
    private let images: any ContainerImages
    private let now: @Sendable () -> Timestamp
    private let state = Mutex(State())

    init(machine: NodeFiles, images: any ContainerImages, now: @escaping @Sendable () -> Timestamp) {
        self.machine = machine
        self.images = images
        self.now = now
    }

    subscript(name: String) -> Volume? { state.withLock { $0.volumes[name] } }

    /// Makes the volumes that are not there yet. Throws the fault of the first that cannot be made.
    func mount(_ projection: VolumeProjection) throws(ContainerFault) {
        for spec in projection.pod.items("spec", "volumes") where self[spec.text("name")] == nil {
            let volume = try make(spec, projection)
            state.withLock { $0.volumes[spec.text("name")] = volume }
        }
        noteMetadata(of: projection.pod)
    }

    private func noteMetadata(of pod: Value) {
        state.withLock { state in
            state.labels = pod.at("metadata", "labels")
            state.annotations = pod.at("metadata", "annotations")
        }
    }

    /// Whether files made from the pod's own metadata are out of date.
    func isOutdated(by pod: Value) -> Bool {
        state.withLock { state in
            !state.volumes.isEmpty
                && (state.labels != pod.at("metadata", "labels")
                    || state.annotations != pod.at("metadata", "annotations"))
        }
    }

    /// Writes what has changed. A volume whose object is gone keeps what it has, as with a real kubelet.
    func refresh(_ projection: VolumeProjection) {
        for spec in projection.pod.items("spec", "volumes") where VolumeProjection.isProjection(spec) {
            let name = spec.text("name")
            guard let volume = self[name], let old = volume.files,
                // What is missing now leaves the old files.
                let files = try? projection.files(of: spec), files != old
            else { continue }
            // A volume that is full keeps its old files.
            guard (try? writer(volume.tree, projection.pod).write(files, at: now())) != nil else { continue }
            state.withLock { $0.volumes[name]?.files = files }
        }
        noteMetadata(of: projection.pod)
    }

    private func writer(_ tree: FileTree, _ pod: Value) -> AtomicWriter {
        AtomicWriter(tree: tree, group: Self.group(of: pod))
    }

    /// The group that owns the volumes.
    private static func group(of pod: Value) -> UInt32? {
        pod.at("spec", "securityContext", "fsGroup")?.int.map { UInt32(clamping: $0) }
    }

    // MARK: - making

    private func make(_ spec: Value, _ projection: VolumeProjection) throws(ContainerFault) -> Volume {
        let pod = projection.pod
        let name = spec.text("name")
        if VolumeProjection.isProjection(spec) {
            let files = try projection.files(of: spec)
            let isMemory = spec["configMap"] == nil
            let group = Self.group(of: pod)
            let tree = FileTree(
                type: isMemory ? "tmpfs" : "ext4", mode: (isMemory ? 0o1777 : 0o777) | (group == nil ? 0 : 0o2000),
                group: group ?? 0, modified: now())
            do {
                try writer(tree, pod).write(files, at: now())
            } catch {
                throw .mount(name, "\(error)")
            }
            return Volume(tree: tree, isReadOnly: true, files: files)
        }
        if let source = spec["hostPath"] { return try hostPath(source, pod, name) }
        if let source = spec["persistentVolumeClaim"] {
            return try claimed(source.text("claimName"), source.flag("readOnly"), projection, name)
        }
        if spec["ephemeral"] != nil { return try claimed("\(pod.name)-\(name)", false, projection, name) }
        if let source = spec["image"] {
            let reference = source.text("reference")
            if let failure = images.pullFailure(of: reference, hasCredentials: false) {
                throw .mount(name, failure.message)
            }
            return Volume(tree: images.image(reference).makeFiles(), isReadOnly: true)
        }
        return Volume(tree: scratch(spec["emptyDir"], Self.group(of: pod)))
    }

    /// An empty volume that ends with the pod; also what stands for kinds of volumes that are not simulated.
    private func scratch(_ source: Value?, _ group: UInt32?) -> FileTree {
        let isMemory = source?.text("medium") == "Memory"
        let limit = source?["sizeLimit"]?.string.flatMap { Quantity($0) }.map { Int(clamping: $0.value) }
        let mode: UInt16 = (isMemory ? 0o1777 : 0o777) | (group == nil ? 0 : 0o2000)
        return FileTree(
            type: isMemory ? "tmpfs" : "ext4", capacity: min(Self.largest, max(0, limit ?? Self.largest)), mode: mode,
            group: group ?? 0, modified: now())
    }

    /// What a simulated volume holds at most.
    private static let largest = 64 << 20

    private func claimed(
        _ claim: String, _ isReadOnly: Bool, _ projection: VolumeProjection, _ name: String
    ) throws(ContainerFault) -> Volume {
        guard let found = projection.objects.claim(namespace: projection.pod.namespace, name: claim) else {
            throw .mount(name, "persistentvolumeclaim \(claim.goQuoted) not found")
        }
        let tree = machine.tree(ofVolume: NodeFiles.volumeName(of: found), capacity: Self.largest)
        if let group = Self.group(of: projection.pod) {
            // The root directory is always there.
            try? tree.update(FileTree.root) { node in
                node.group = group
                node.mode |= 0o2770
            }
        }
        return Volume(tree: tree, isReadOnly: isReadOnly)
    }

    private func hostPath(_ source: Value, _ pod: Value, _ name: String) throws(ContainerFault) -> Volume {
        let tree = machine.tree(ofNode: PodView(pod).nodeName)
        let files = ContainerFiles(root: tree, now: now)
        let path = ContainerFiles.normal(source.text("path"))
        let type = source.text("type")
        do {
            if !files.exists(path) {
                switch type {
                case "", "DirectoryOrCreate": try files.makeDirectory(path, makesParents: true, as: .root)
                case "FileOrCreate": try files.write([], to: path, as: .root)
                default: break
                }
            }
            try HostPathCheck.check(source, files)
            let (found, node) = try files.tree(at: path)
            return Volume(tree: found, node: node)
        } catch {
            throw .mount(name, HostPathCheck.complaint(about: source))
        }
    }
}

/// Whether what a hostPath volume asks for is on its node.
enum HostPathCheck {
    /// For the types of which something has to be there: whether it is.
    static func fault(_ volume: Value, _ files: ContainerFiles) -> ContainerFault? {
        guard let source = volume["hostPath"], !source.text("type").isEmpty,
            !source.text("type").hasSuffix("OrCreate")
        else { return nil }
        do {
            try check(source, files)
            return nil
        } catch {
            return .mount(volume.text("name"), complaint(about: source))
        }
    }

    fileprivate static func check(_ source: Value, _ files: ContainerFiles) throws {
        let (found, node) = try files.tree(at: ContainerFiles.normal(source.text("path")))
        let isDirectory = found.node(node)?.isDirectory == true
        switch source.text("type") {
        case "": break
        case "Directory", "DirectoryOrCreate": if !isDirectory { throw FileError.notDirectory }
        case "File", "FileOrCreate": if isDirectory { throw FileError.isDirectory }
        // The simulated nodes have neither sockets nor devices.
        default: throw FileError.notFound
        }
    }

    /// As in `pkg/volume/hostpath` of Kubernetes.
    fileprivate static func complaint(about source: Value) -> String {
        let wanted =
            switch source.text("type") {
            case "File", "FileOrCreate": "a file"
            case "Socket": "a socket file"
            case "CharDevice": "a character device"
            case "BlockDevice": "a block device"
            default: "a directory"
            }
        return "hostPath type check failed: \(ContainerFiles.normal(source.text("path"))) is not \(wanted)"
    }
}
