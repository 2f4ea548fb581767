package import FairleadModel

/// One file, directory, link or device of a `FileTree`.
package struct FileNode: Sendable {
    package enum Content: Sendable {
        case file([UInt8])
        case directory([String: Int])
        /// A symbolic link.
        case link(String)
        /// A file whose content is worked out when it is read, as below /proc; it cannot be written.
        case generated(@Sendable () -> [UInt8])
        /// A program of the image, by its name in the table of commands.
        case program(String)
        case null, zero
    }

    package var content: Content
    /// The permission bits with setuid, setgid and sticky: 0o7777 at most.
    package var mode: UInt16
    package var user: UInt32
    package var group: UInt32
    package var modified: Timestamp

    package init(_ content: Content, mode: UInt16, user: UInt32 = 0, group: UInt32 = 0, modified: Timestamp) {
        self.content = content
        self.mode = mode
        self.user = user
        self.group = group
        self.modified = modified
    }

    package var isDirectory: Bool {
        if case .directory = content { true } else { false }
    }
}

/// What `stat` tells of a file.
package struct FileStatus: Sendable, Hashable {
    package enum Kind: Hashable, Sendable { case file, directory, link, device }

    package var kind: Kind
    package var mode: UInt16
    package var user: UInt32
    package var group: UInt32
    package var size: Int
    package var modified: Timestamp
    package var inode: Int
    /// The target of a symbolic link.
    package var target: String?
    /// Whether the file is a program of the image.
    package var isProgram = false

    package init(
        kind: Kind, mode: UInt16, user: UInt32, group: UInt32, size: Int, modified: Timestamp, inode: Int
    ) {
        self.kind = kind
        self.mode = mode
        self.user = user
        self.group = group
        self.size = size
        self.modified = modified
        self.inode = inode
    }
}
