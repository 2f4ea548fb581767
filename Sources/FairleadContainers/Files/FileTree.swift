package import FairleadModel
import Synchronization

/// A file system in memory: the root of a container, or a volume that several containers share.
///
/// Paths are resolved by `ContainerFiles`, which knows the mounts; here, files are named by the number of their node.
/// Copies of a tree made by `copy` share what neither has changed. Its size is bounded: a write beyond `capacity`, or beyond
/// what all trees may take together, fails as on a full disk.
package final class FileTree: Sendable {
    /// The node of the root directory.
    package static let root = 1
    /// Directories and files, however small, at most.
    static let maximumNodes = 50_000
    /// Roughly what a node takes beside its content.
    private static let nodeCost = 256

    struct State: Sendable {
        var nodes: NodeTable
        var next = FileTree.root + 1
        var bytes = 0
        /// What this tree has taken of the budget. A copy has taken nothing yet.
        var charged = 0

        /// Lets go of a directory's names, so that whoever holds them can change them without a copy.
        mutating func release(_ node: inout FileNode, _ number: Int) {
            node.content = .null
            nodes[number] = node
        }
    }

    /// What `statfs` calls it: `tmpfs`, `overlay`, `ext4`.
    package let type: String
    /// In bytes.
    package let capacity: Int
    private let budget: StorageBudget
    let state: Mutex<State>

    package init(
        type: String = "overlay", capacity: Int = 64 << 20, mode: UInt16 = 0o755, user: UInt32 = 0, group: UInt32 = 0,
        modified: Timestamp, budget: StorageBudget = .shared
    ) {
        self.type = type
        self.capacity = capacity
        self.budget = budget
        state = Mutex(
            State(
                nodes: NodeTable([
                    Self.root: FileNode(.directory([:]), mode: mode, user: user, group: group, modified: modified)
                ])))
    }

    private init(type: String, capacity: Int, budget: StorageBudget, state: State) {
        self.type = type
        self.capacity = capacity
        self.budget = budget
        self.state = Mutex(state)
    }

    deinit { budget.giveBack(state.withLock { $0.charged }) }

    /// A tree with the same files, which is changed on its own from now on.
    package func copy() -> FileTree {
        let state = state.withLock { state in
            state.nodes.settle()
            var copy = state
            copy.charged = 0
            return copy
        }
        return FileTree(type: type, capacity: capacity, budget: budget, state: state)
    }

    /// Bytes of file contents.
    package var used: Int { state.withLock { $0.bytes } }

    package func node(_ number: Int) -> FileNode? { state.withLock { $0.nodes[number] } }

    /// The node of a name in a directory.
    package func child(_ name: String, of directory: Int) throws(FileError) -> Int? {
        guard case .directory(let children)? = node(directory)?.content else { throw .notDirectory }
        return children[name]
    }

    /// The node of a new name in a directory. Fails if the name is taken.
    @discardableResult
    package func add(_ node: FileNode, named name: String, to directory: Int) throws(FileError) -> Int {
        guard name.utf8.count <= 255 else { throw .nameTooLong }
        let size = node.contentSize
        return try edit { state throws(FileError) in
            guard var parent = state.nodes[directory], case .directory(var children) = parent.content else {
                throw .notDirectory
            }
            guard children[name] == nil else { throw .exists }
            guard state.nodes.count < Self.maximumNodes, size <= capacity - state.bytes else { throw .noSpace }
            try charge(size + Self.nodeCost, &state)
            let number = state.next
            state.next += 1
            state.nodes[number] = node
            state.bytes += size
            state.release(&parent, directory)
            children[name] = number
            parent.content = .directory(children)
            parent.modified = node.modified
            state.nodes[directory] = parent
            return number
        }
    }

    /// Changes what a node is, but for its number.
    package func update(_ number: Int, _ change: (inout FileNode) -> Void) throws(FileError) {
        try edit { state throws(FileError) in
            guard var node = state.nodes[number] else { throw .notFound }
            let before = node.contentSize
            change(&node)
            let growth = node.contentSize - before
            guard growth <= capacity - state.bytes else { throw .noSpace }
            try charge(growth, &state)
            state.bytes += growth
            state.nodes[number] = node
        }
    }

    /// Adds bytes to the end of a file: at a cost that goes by what is added.
    func append(_ bytes: [UInt8], to number: Int, at time: Timestamp) throws(FileError) {
        try edit { state throws(FileError) in
            guard var node = state.nodes[number], case .file(var content) = node.content else { throw .notFound }
            guard bytes.count <= capacity - state.bytes else { throw .noSpace }
            try charge(bytes.count, &state)
            state.release(&node, number)
            content += bytes
            state.bytes += bytes.count
            node.content = .file(content)
            node.modified = time
            state.nodes[number] = node
        }
    }

    /// Takes a name, and all that is below it, out of a directory.
    package func remove(_ name: String, from directory: Int, at time: Timestamp) throws(FileError) {
        try edit { state throws(FileError) in
            guard var parent = state.nodes[directory], case .directory(var children) = parent.content,
                let number = children[name]
            else { throw .notFound }
            state.release(&parent, directory)
            children[name] = nil
            parent.content = .directory(children)
            parent.modified = time
            state.nodes[directory] = parent
            var doomed = [number]
            while let next = doomed.popLast() {
                guard let node = state.nodes.removeValue(forKey: next) else { continue }
                state.bytes -= node.contentSize
                try charge(-node.contentSize - Self.nodeCost, &state)
                if case .directory(let below) = node.content { doomed += below.values }
            }
        }
    }

    /// Gives a file another name and place; a file or an empty directory of that name is replaced.
    package func move(
        _ name: String, from source: Int, to target: Int, as newName: String, at time: Timestamp
    ) throws(FileError) {
        guard newName.utf8.count <= 255 else { throw .nameTooLong }
        if source == target, name == newName { return }
        let (number, replaced) = try edit { state throws(FileError) -> (Int, Bool) in
            guard case .directory(let old)? = state.nodes[source]?.content, let number = old[name] else {
                throw .notFound
            }
            guard case .directory(let new)? = state.nodes[target]?.content else { throw .notDirectory }
            if number == target || Self.isBelow(target, number, state) { throw .invalid }
            guard let present = new[newName] else { return (number, false) }
            if case .directory(let below)? = state.nodes[present]?.content {
                guard state.nodes[number]?.isDirectory == true else { throw .isDirectory }
                guard below.isEmpty else { throw .notEmpty }
            } else if state.nodes[number]?.isDirectory == true {
                throw .notDirectory
            }
            return (number, true)
        }
        if replaced { try remove(newName, from: target, at: time) }
        try edit { state throws(FileError) in
            guard var from = state.nodes[source], case .directory(var old) = from.content, old[name] == number else {
                throw .notFound
            }
            old[name] = nil
            from.content = .directory(old)
            from.modified = time
            state.nodes[source] = from
            guard var to = state.nodes[target], case .directory(var new) = to.content else { throw .notDirectory }
            new[newName] = number
            to.content = .directory(new)
            to.modified = time
            state.nodes[target] = to
        }
    }

    /// Whether a directory is somewhere below another one.
    private static func isBelow(_ number: Int, _ ancestor: Int, _ state: State) -> Bool {
        var open = [ancestor]
        while let next = open.popLast() {
            guard case .directory(let children)? = state.nodes[next]?.content else { continue }
            if children.values.contains(number) { return true }
            open += children.values
        }
        return false
    }

    /// Takes bytes from the budget, or gives them back: never more than this tree has taken.
    private func charge(_ bytes: Int, _ state: inout State) throws(FileError) {
        if bytes > 0 {
            guard budget.take(bytes) else { throw .noSpace }
            state.charged += bytes
        } else {
            let freed = min(-bytes, state.charged)
            budget.giveBack(freed)
            state.charged -= freed
        }
    }

    private func edit<Answer: Sendable>(
        _ change: (inout sending State) throws(FileError) -> sending Answer
    ) throws(FileError) -> Answer {
        try state.withLock { state throws(FileError) in try change(&state) }
    }
}

extension FileNode {
    /// What counts towards the tree's capacity.
    var contentSize: Int {
        switch content {
        case .file(let bytes): bytes.count
        case .link(let target): target.utf8.count
        default: 0
        }
    }
}
