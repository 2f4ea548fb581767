package import FairleadModel

extension ContainerFiles {
    private func writableParent(_ place: Place, _ user: Credentials) throws(FileError) -> (number: Int, node: FileNode)
    {
        guard let parent = place.parent, let node = place.tree.node(parent) else { throw .notPermitted }
        guard !place.mount.isReadOnly else { throw .readOnly }
        guard Self.may(2, node, user), Self.may(1, node, user) else { throw .denied }
        return (parent, node)
    }

    /// A new node belongs to whoever makes it; in a setgid directory, it inherits the group.
    private func make(
        _ content: FileNode.Content, _ mode: UInt16, in parent: FileNode, as user: Credentials
    ) -> FileNode {
        let inherits = parent.mode & 0o2000 != 0
        var node = FileNode(
            content, mode: mode, user: user.user, group: inherits ? parent.group : user.group, modified: now())
        if inherits, node.isDirectory { node.mode |= 0o2000 }
        return node
    }

    /// Writes a file, which is made if there is none.
    ///
    /// - Parameter mode: of a new file, after the umask.
    package func write(
        _ bytes: [UInt8], to path: String, appending: Bool = false, mode: UInt16 = 0o644, as user: Credentials
    ) throws(FileError) {
        let place = try find(path, as: user)
        guard let number = place.node else {
            let parent = try writableParent(place, user)
            let node = make(.file(bytes), mode, in: parent.node, as: user)
            try place.tree.add(node, named: place.name, to: parent.number)
            return
        }
        guard let node = place.tree.node(number) else { throw .notFound }
        if node.isDirectory { throw .isDirectory }
        if case .null = node.content { return }
        if case .zero = node.content { return }
        guard !place.mount.isReadOnly else { throw .readOnly }
        guard Self.may(2, node, user) else { throw .denied }
        if case .generated = node.content { throw .notPermitted }
        let time = now()
        if appending, case .file = node.content { return try place.tree.append(bytes, to: number, at: time) }
        try place.tree.update(number) { node in
            node.content = .file(bytes)
            node.modified = time
        }
    }

    /// - Parameter makesParents: as `mkdir -p`: nothing happens if it is there.
    package func makeDirectory(
        _ path: String, mode: UInt16 = 0o755, makesParents: Bool = false, as user: Credentials
    ) throws(FileError) {
        if makesParents {
            var way = ""
            for part in path.split(separator: "/") {
                way += "/" + part
                let place = try find(way, as: user)
                if let number = place.node {
                    guard place.tree.node(number)?.isDirectory == true else { throw .exists }
                    continue
                }
                try makeDirectory(way, mode: mode, as: user)
            }
            return
        }
        let place = try find(path, as: user)
        guard place.node == nil else { throw .exists }
        let parent = try writableParent(place, user)
        try place.tree.add(
            make(.directory([:]), mode, in: parent.node, as: user), named: place.name, to: parent.number)
    }

    package func link(_ path: String, to target: String, as user: Credentials) throws(FileError) {
        let place = try find(path, followsLast: false, as: user)
        guard place.node == nil else { throw .exists }
        let parent = try writableParent(place, user)
        try place.tree.add(make(.link(target), 0o777, in: parent.node, as: user), named: place.name, to: parent.number)
    }

    /// Removes a file; a directory only with `recursively` or if it is empty.
    package func remove(_ path: String, recursively: Bool = false, as user: Credentials) throws(FileError) {
        let (place, _, node) = try existing(path, followsLast: false, as: user)
        let parent = try writableParent(place, user)
        if parent.node.mode & 0o1000 != 0, user.user != 0, user.user != node.user, user.user != parent.node.user {
            throw .notPermitted
        }
        if case .directory(let children) = node.content, !recursively, !children.isEmpty { throw .notEmpty }
        try place.tree.remove(place.name, from: parent.number, at: now())
    }

    package func move(_ path: String, to target: String, as user: Credentials) throws(FileError) {
        let (source, _, _) = try existing(path, followsLast: false, as: user)
        let goal = try find(target, followsLast: false, as: user)
        let from = try writableParent(source, user)
        let to = try writableParent(goal, user)
        guard source.tree === goal.tree else { throw .crossesDevices }
        try source.tree.move(source.name, from: from.number, to: to.number, as: goal.name, at: now())
    }

    /// Changes mode, owner, group or time, as far as the user may.
    package func set(
        _ path: String, mode: UInt16? = nil, user owner: UInt32? = nil, group: UInt32? = nil,
        modified: Timestamp? = nil, as user: Credentials
    ) throws(FileError) {
        let (place, number, node) = try existing(path, as: user)
        guard !place.mount.isReadOnly else { throw .readOnly }
        guard user.user == 0 || user.user == node.user else { throw .notPermitted }
        if owner != nil, user.user != 0 { throw .notPermitted }
        try place.tree.update(number) { node in
            if let mode { node.mode = mode & 0o7777 }
            if let owner { node.user = owner }
            if let group { node.group = group }
            if let modified { node.modified = modified }
        }
    }

    /// Puts a node of any kind at a path, over what is there: how images and volumes are made.
    package func put(_ node: FileNode, at path: String) throws(FileError) {
        let place = try find(path, followsLast: false, as: .root)
        guard let parent = place.parent else { throw .notPermitted }
        if place.node != nil { try place.tree.remove(place.name, from: parent, at: node.modified) }
        try place.tree.add(node, named: place.name, to: parent)
    }
}
