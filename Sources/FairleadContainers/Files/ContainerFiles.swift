package import FairleadModel

/// A part of a file tree at a place in a container.
package struct Mount: Sendable {
    /// Absolute, without `.` and `..`; `/` for the root.
    package var path: String
    package var tree: FileTree
    /// The node of `tree` that is seen at `path`: a directory, or a file for a mounted file.
    package var node: Int
    package var isReadOnly: Bool

    package init(path: String, tree: FileTree, node: Int = FileTree.root, isReadOnly: Bool = false) {
        self.path = path
        self.tree = tree
        self.node = node
        self.isReadOnly = isReadOnly
    }
}

/// The files that a container sees: its root and what is mounted into it.
///
/// Paths are absolute; a process joins them with its working directory first (`Process.path`). Symbolic links are
/// followed up to forty, as Linux does. Rights are checked for the credentials that are given: user 0 may do anything
/// but write to what is mounted read-only.
package struct ContainerFiles: Sendable {
    /// Where a path leads to.
    struct Place {
        var tree: FileTree
        var mount: Mount
        /// The directory that has, or may get, the name; nil for the root of a mount.
        var parent: Int?
        var name: String
        /// nil if there is no such file, only its directory.
        var node: Int?
    }

    package private(set) var mounts: [String: Mount]
    let now: @Sendable () -> Timestamp

    package init(root: FileTree, isReadOnly: Bool = false, now: @escaping @Sendable () -> Timestamp) {
        mounts = ["/": Mount(path: "/", tree: root, isReadOnly: isReadOnly)]
        self.now = now
    }

    /// Adds a mount. Directories on the way to it are made in what is there, as a runtime does; a mounted file gets an
    /// empty file.
    package mutating func add(_ mount: Mount) {
        let path = Self.normal(mount.path)
        let parts = path.split(separator: "/").map(String.init)
        let isDirectory = mount.tree.node(mount.node)?.isDirectory ?? true
        let writable = withoutReadOnly
        for count in 1..<max(1, parts.count) + 1 where count <= parts.count {
            let part = "/" + parts.prefix(count).joined(separator: "/")
            if writable.exists(part) { continue }
            // What cannot be made (a file is in the way) leaves the mount unreachable, as the runtime's error would.
            if count == parts.count, !isDirectory {
                try? writable.write([], to: part, as: .root)
            } else {
                // As above.
                try? writable.makeDirectory(part, as: .root)
            }
        }
        var placed = mount
        placed.path = path
        mounts[path] = placed
    }

    private var withoutReadOnly: ContainerFiles {
        var copy = self
        for path in copy.mounts.keys { copy.mounts[path]?.isReadOnly = false }
        return copy
    }

    /// Without doubled slashes, `.` and `..`, which it takes literally.
    package static func normal(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") {
            switch part {
            case ".": continue
            case "..": _ = parts.popLast()
            default: parts.append(part)
            }
        }
        return "/" + parts.joined(separator: "/")
    }

    // MARK: - finding

    /// - Parameter followsLast: whether a link at the end of the path is followed.
    func find(_ path: String, followsLast: Bool = true, as user: Credentials) throws(FileError) -> Place {
        guard let root = mounts["/"] else { throw .notFound }
        guard path.utf8.count <= 4096 else { throw .nameTooLong }
        var pending = path.split(separator: "/").map(String.init).reversed() as [String]
        let wantsDirectory = path.hasSuffix("/") && path != "/"
        var trail: [Place] = [Place(tree: root.tree, mount: root, parent: nil, name: "", node: root.node)]
        var names: [String] = []
        var links = 0
        while let part = pending.popLast() {
            if part == "." { continue }
            if part == ".." {
                if trail.count > 1 {
                    trail.removeLast()
                    names.removeLast()
                }
                continue
            }
            guard let here = trail.last, let directory = here.node, let node = here.tree.node(directory) else {
                throw .notFound
            }
            guard node.isDirectory else { throw .notDirectory }
            guard Self.may(1, node, user) else { throw .denied }
            let path = "/" + (names + [part]).joined(separator: "/")
            if let mount = mounts[path] {
                trail.append(Place(tree: mount.tree, mount: mount, parent: nil, name: part, node: mount.node))
                names.append(part)
                continue
            }
            guard let found = try here.tree.child(part, of: directory), let child = here.tree.node(found) else {
                guard pending.allSatisfy({ $0 == "." }) else { throw .notFound }
                return Place(tree: here.tree, mount: here.mount, parent: directory, name: part, node: nil)
            }
            let isLast = pending.isEmpty && !wantsDirectory
            if case .link(let target) = child.content, !isLast || followsLast {
                links += 1
                guard links <= 40 else { throw .tooManyLinks }
                if target.hasPrefix("/") {
                    trail = Array(trail.prefix(1))
                    names = []
                }
                pending += target.split(separator: "/").map(String.init).reversed()
                guard pending.count <= 4096 else { throw .nameTooLong }
                continue
            }
            trail.append(Place(tree: here.tree, mount: here.mount, parent: directory, name: part, node: found))
            names.append(part)
        }
        guard let last = trail.last else { throw .notFound }
        if wantsDirectory, let node = last.node, last.tree.node(node)?.isDirectory != true { throw .notDirectory }
        return last
    }

    /// Whether somebody may read (4), write (2) or execute (1) a file.
    static func may(_ right: UInt16, _ node: FileNode, _ user: Credentials) -> Bool {
        if user.user == 0 { return right != 1 || node.isDirectory || node.mode & 0o111 != 0 }
        let bits: UInt16 =
            node.user == user.user ? node.mode >> 6 : user.isMember(of: node.group) ? node.mode >> 3 : node.mode
        return bits & right == right
    }

    func existing(
        _ path: String, followsLast: Bool = true, as user: Credentials
    ) throws(FileError) -> (place: Place, number: Int, node: FileNode) {
        let place = try find(path, followsLast: followsLast, as: user)
        guard let number = place.node, let node = place.tree.node(number) else { throw .notFound }
        return (place, number, node)
    }

    // MARK: - reading

    package func exists(_ path: String) -> Bool {
        // No file is the answer.
        (try? status(path, as: .root)) != nil
    }

    package func status(
        _ path: String, followsLast: Bool = true, as user: Credentials
    ) throws(FileError) -> FileStatus {
        let (_, number, node) = try existing(path, followsLast: followsLast, as: user)
        var status = FileStatus(
            kind: .file, mode: node.mode, user: node.user, group: node.group, size: node.contentSize,
            modified: node.modified, inode: number)
        switch node.content {
        case .file, .generated: break
        case .directory: status.kind = .directory
        case .link(let target):
            status.kind = .link
            status.target = target
        case .program: status.isProgram = true
        case .null, .zero: status.kind = .device
        }
        return status
    }

    package func read(_ path: String, as user: Credentials) throws(FileError) -> [UInt8] {
        let (_, _, node) = try existing(path, as: user)
        guard Self.may(4, node, user) else { throw .denied }
        switch node.content {
        case .file(let bytes): return bytes
        case .directory: throw .isDirectory
        case .generated(let make): return make()
        case .link, .null: return []
        // As much as any reader of it wants.
        case .zero: return [UInt8](repeating: 0, count: 65_536)
        case .program(let name): return Array("\u{7F}ELF \(name)\n".utf8)
        }
    }

    package func text(_ path: String, as user: Credentials = .root) throws(FileError) -> String {
        String(decoding: try read(path, as: user), as: UTF8.self)
    }

    /// The names in a directory, sorted, without `.` and `..`.
    package func list(_ path: String, as user: Credentials) throws(FileError) -> [String] {
        let (_, _, node) = try existing(path, as: user)
        guard case .directory(let children) = node.content else { throw .notDirectory }
        guard Self.may(4, node, user) else { throw .denied }
        return children.keys.sorted()
    }

    /// The name of the program at a path: what `FileNode.Content.program` says; nil for other files.
    package func program(_ path: String, as user: Credentials) throws(FileError) -> String? {
        let (_, _, node) = try existing(path, as: user)
        if node.isDirectory { throw .denied }
        guard Self.may(1, node, user) else { throw .denied }
        guard case .program(let name) = node.content else { return nil }
        return name
    }

    /// The mount that a path is in: what `stat -f` and `df` ask.
    package func mount(of path: String, as user: Credentials) throws(FileError) -> Mount {
        try existing(path, as: user).place.mount
    }

    /// A path without links, `.` and `..`.
    package func tree(at path: String) throws(FileError) -> (tree: FileTree, node: Int) {
        let (place, number, _) = try existing(path, as: .root)
        return (place.tree, number)
    }
}
