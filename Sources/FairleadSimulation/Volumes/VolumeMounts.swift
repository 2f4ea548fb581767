import FairleadContainers
import FairleadModel

/// Where the volumes of a pod are seen in one of its containers, with `subPath`.
struct VolumeMounts {
    let volumes: PodVolumes
    let container: Value
    let now: @Sendable () -> Timestamp

    /// Mounts all volumes of the container; shorter paths first, so that others can lie in them.
    ///
    /// - Parameter variable: the container's environment, for `subPathExpr`.
    func add(to files: inout ContainerFiles, variable: (String) -> String?) throws(ContainerFault) {
        let mounts = container.items("volumeMounts").sorted {
            $0.text("mountPath").utf8.count < $1.text("mountPath").utf8.count
        }
        for spec in mounts {
            guard let volume = volumes[spec.text("name")] else {
                throw .configuration("cannot find volume \(spec.text("name").goQuoted) to mount into container")
            }
            var mount = Mount(
                path: ContainerFiles.normal(spec.text("mountPath")), tree: volume.tree, node: volume.node,
                isReadOnly: volume.isReadOnly || spec.flag("readOnly"))
            let path = try subPath(spec, variable)
            if !path.isEmpty { (mount.tree, mount.node) = try place(path, in: volume) }
            files.add(mount)
        }
    }

    private func subPath(_ spec: Value, _ variable: (String) -> String?) throws(ContainerFault) -> String {
        let expression = spec.text("subPathExpr")
        let path: String
        if expression.isEmpty {
            path = spec.text("subPath")
        } else {
            for name in VariableExpansion.names(in: expression) where variable(name)?.isEmpty != false {
                throw .configuration("missing value for \(name)")
            }
            path = VariableExpansion.expand(expression, variable)
        }
        if path.hasPrefix("/") { throw .configuration("error SubPath `\(path)` must not be an absolute path") }
        if path.split(separator: "/").contains("..") {
            throw .configuration("unable to provision SubPath `\(path)`: must not contain '..'")
        }
        return path
    }

    /// A directory that is not there is made with the mode of the volume. What was made from objects is copied: it does
    /// not change with them.
    private func place(_ path: String, in volume: PodVolumes.Volume) throws(ContainerFault) -> (FileTree, Int) {
        var view = ContainerFiles(root: volume.tree, now: now)
        view.add(Mount(path: "/", tree: volume.tree, node: volume.node))
        let full = ContainerFiles.normal(path)
        do {
            if !view.exists(full) {
                if volume.isReadOnly, volume.files != nil { throw FileError.notFound }
                let root = volume.tree.node(volume.node)
                try view.makeDirectory(full, makesParents: true, as: .root)
                try view.set(full, mode: root?.mode, group: root?.group, as: .root)
            }
            let (tree, node) = try view.tree(at: full)
            return volume.files == nil ? (tree, node) : try Self.copied(tree, node, now())
        } catch {
            throw .configuration(
                "failed to prepare subPath for volumeMount \(container.text("name").goQuoted) of container "
                    + "\(container.text("name").goQuoted): \(error)")
        }
    }

    /// A node with all that is below it, in a tree of its own.
    private static func copied(_ tree: FileTree, _ node: Int, _ time: Timestamp) throws(FileError) -> (FileTree, Int) {
        let copy = FileTree(type: tree.type, capacity: tree.capacity, modified: time)
        var result = FileTree.root
        var open = [(node: node, name: "content", parent: FileTree.root)]
        var isFirst = true
        while let next = open.popLast() {
            guard var content = tree.node(next.node) else { continue }
            var below: [String: Int] = [:]
            if case .directory(let children) = content.content {
                below = children
                content.content = .directory([:])
            }
            let number = try copy.add(content, named: next.name, to: next.parent)
            if isFirst { result = number }
            isFirst = false
            open += below.map { ($0.value, $0.key, number) }
        }
        return (copy, result)
    }
}
