import FairleadContainers
import FairleadModel

/// Writes the files of a volume so that readers see all old or all new ones: into a directory named by the time, to
/// which `..data` points, to which the names that users see point.
struct AtomicWriter {
    let tree: FileTree
    /// The group of everything in the volume; nil for root's.
    var group: UInt32?

    private static let data = "..data"

    /// Replaces what is there. Paths that lead out of the volume are left out.
    func write(_ files: [String: ProjectedFile], at time: Timestamp) throws(FileError) {
        let volume = ContainerFiles(root: tree) { time }
        let old = try children(of: FileTree.root)
        let previous =
            try volume.exists("/\(Self.data)")
            ? volume.status("/\(Self.data)", followsLast: false, as: .root).target : nil
        let folder = try freshName(time, besides: old)
        try volume.put(FileNode(.directory([:]), mode: folderMode, group: group ?? 0, modified: time), at: "/\(folder)")
        var names: Set<String> = []
        for (path, file) in files.sorted(by: { $0.key < $1.key }) {
            let parts = path.split(separator: "/").map(String.init)
            guard let first = parts.first, !parts.contains(".."), !parts.contains("."), !first.hasPrefix("..") else {
                continue
            }
            names.insert(first)
            for count in 1..<max(1, parts.count) {
                let way = "/\(folder)/" + parts.prefix(count).joined(separator: "/")
                if volume.exists(way) { continue }
                try volume.put(
                    FileNode(.directory([:]), mode: folderMode, group: group ?? 0, modified: time), at: way)
            }
            let mode = group == nil ? file.mode : file.mode | 0o440
            try volume.put(
                FileNode(.file(file.bytes), mode: mode, user: file.user, group: group ?? 0, modified: time),
                at: "/\(folder)/" + parts.joined(separator: "/"))
        }
        for name in names where old[name] == nil {
            try volume.put(link("\(Self.data)/\(name)", time), at: "/\(name)")
        }
        if let present = old[Self.data] {
            // In one step, so that no reader finds nothing.
            try tree.update(present) { node in
                node.content = .link(folder)
                node.modified = time
            }
        } else {
            try volume.put(link(folder, time), at: "/\(Self.data)")
        }
        for name in old.keys where name != Self.data && !names.contains(name) {
            if name.hasPrefix(".."), name != previous { continue }
            try tree.remove(name, from: FileTree.root, at: time)
        }
    }

    private var folderMode: UInt16 { group == nil ? 0o755 : 0o2775 }

    private func link(_ target: String, _ time: Timestamp) -> FileNode {
        FileNode(.link(target), mode: 0o777, group: group ?? 0, modified: time)
    }

    private func children(of directory: Int) throws(FileError) -> [String: Int] {
        guard case .directory(let children)? = tree.node(directory)?.content else { throw .notDirectory }
        return children
    }

    /// `..2026_11_29_03_00_00.123456789`.
    private func freshName(_ time: Timestamp, besides taken: [String: Int]) throws(FileError) -> String {
        let second = time.rfc3339.dropLast().map { $0.isNumber ? $0 : "_" }
        for extra in 0..<1000 {
            let fraction = String(1_000_000_000 + (Int(time.nanoseconds) + extra) % 1_000_000_000).dropFirst()
            let name = "..\(String(second)).\(fraction)"
            if taken[name] == nil { return name }
        }
        throw .exists
    }
}
