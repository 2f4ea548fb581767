import FairleadModel
import Synchronization

/// An open file that is written to: everything goes to its end, also after it has been renamed; nowhere once it is
/// removed.
package final class FileSink: ByteSink {
    private let tree: FileTree
    private let node: Int
    private let now: @Sendable () -> Timestamp
    private let lastFailure = Mutex<FileError?>(nil)

    init(tree: FileTree, node: Int, now: @escaping @Sendable () -> Timestamp) {
        self.tree = tree
        self.node = node
        self.now = now
    }

    /// Why the last write has failed.
    package var failure: FileError? { lastFailure.withLock { $0 } }

    package func write(_ bytes: [UInt8]) async throws(BrokenPipe) {
        let time = now()
        do throws(FileError) {
            try tree.update(node) { node in
                guard case .file(var content) = node.content else { return }
                node.content = .null
                content += bytes
                node.content = .file(content)
                node.modified = time
            }
        } catch {
            if error == .notFound { return }
            lastFailure.withLock { $0 = error }
            throw BrokenPipe()
        }
    }

    package func end() {}
}

extension ContainerFiles {
    /// Opens a file to be written, which is made if there is none, and emptied unless `appending`.
    package func sink(
        _ path: String, appending: Bool = false, mode: UInt16 = 0o644, as user: Credentials
    ) throws(FileError) -> any ByteSink {
        try write([], to: path, appending: appending, mode: mode, as: user)
        let (tree, number) = try tree(at: path)
        guard case .file? = tree.node(number)?.content else { return NullStream() }
        return FileSink(tree: tree, node: number, now: now)
    }

    /// Opens a file to be read: what it has now.
    package func source(_ path: String, as user: Credentials) throws(FileError) -> any ByteSource {
        let bytes = try read(path, as: user)
        let (tree, number) = try tree(at: path)
        if case .zero? = tree.node(number)?.content { return ZeroSource() }
        return BytesSource(bytes)
    }
}
