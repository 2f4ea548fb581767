/// The mounts of a container as `mount` and /proc/mounts show them.
package struct MountTable: Sendable {
    package struct Line: Hashable, Sendable {
        package var source: String
        package var path: String
        package var type: String
        package var isReadOnly: Bool
    }

    /// By their paths; those that every container has come last.
    package let lines: [Line]

    /// Files that stand for what the kernel shows below /proc are not among them.
    package init(_ files: ContainerFiles) {
        var lines = files.mounts.values.filter { !$0.path.hasPrefix("/proc/") }.sorted { $0.path < $1.path }.map {
            Line(source: $0.tree.type, path: $0.path, type: $0.tree.type, isReadOnly: $0.isReadOnly)
        }
        for (type, path) in [("proc", "/proc"), ("sysfs", "/sys"), ("cgroup2", "/sys/fs/cgroup"), ("tmpfs", "/dev")]
        where !lines.contains(where: { $0.path == path }) {
            lines.append(Line(source: type, path: path, type: type, isReadOnly: type == "sysfs" || type == "cgroup2"))
        }
        for index in lines.indices where lines[index].type == "cgroup2" { lines[index].source = "cgroup" }
        self.lines = lines
    }

    /// The text of /proc/mounts: white space in paths is written as octal numbers.
    package var text: String {
        lines.map { line in
            var path = ""
            for character in line.path.unicodeScalars {
                switch character {
                case " ": path += "\\040"
                case "\t": path += "\\011"
                case "\n": path += "\\012"
                case "\\": path += "\\134"
                default: path.unicodeScalars.append(character)
                }
            }
            return "\(line.source) \(path) \(line.type) \(line.isReadOnly ? "ro" : "rw"),relatime 0 0\n"
        }.joined()
    }
}
