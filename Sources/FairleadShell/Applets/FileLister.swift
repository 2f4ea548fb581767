import FairleadApplets
import FairleadContainers
import FairleadModel

/// Writes lists of files as `ls` does.
struct FileLister {
    let process: Process
    let options: AppletOptions

    /// `1.5K`, `10.0M`.
    static func human(_ bytes: Int) -> String {
        if bytes < 1_024 { return String(bytes) }
        var value = Double(bytes)
        var unit = 0
        while value >= 1_024, unit < 5 {
            value /= 1_024
            unit += 1
        }
        return FormatPrinter.fixed(value, decimals: 1) + ["", "K", "M", "G", "T", "P"][unit]
    }

    /// What is in a directory.
    func write(folder: String, _ names: [String]) async throws {
        var entries: [(name: String, path: String)] = []
        let base = folder.hasSuffix("/") ? folder : folder + "/"
        if options.has("a") { entries += [(".", folder), ("..", base + "..")] }
        for name in names where options.has("a") || options.has("A") || !name.hasPrefix(".") {
            entries.append((name, base + name))
        }
        if options.has("l") {
            let blocks = entries.reduce(0) { sum, entry in
                // What is gone meanwhile has no size.
                sum + (((try? process.status(entry.path, followsLast: false))?.size ?? 0) + 4_095) / 4_096 * 4
            }
            try await process.put("total \(options.has("h") ? Self.human(blocks *| 1_024) : String(blocks))")
        }
        try await write(entries)
    }

    func write(_ entries: [(name: String, path: String)]) async throws {
        let names = AccountNames(process)
        var rows = entries.compactMap { entry in
            // What is gone meanwhile is not listed.
            (try? process.status(entry.path, followsLast: options.has("L"))).map { (entry.name, $0) }
        }
        if options.has("t") { rows.sort { $0.1.modified > $1.1.modified } }
        if options.has("S") { rows.sort { $0.1.size > $1.1.size } }
        if options.has("r") { rows.reverse() }
        let texts = rows.map { text($0.0, $0.1, names) }
        if process.isTerminal, !options.has("l"), !options.has("1") {
            try await writeColumns(texts)
        } else {
            var output = BufferedOutput(process.output)
            for text in texts { try await output.line(text) }
            try await output.flush()
        }
    }

    private func writeColumns(_ texts: [String]) async throws {
        let width = (texts.map(\.count).max() ?? 0) + 2
        let columns = max(1, 80 / width)
        let rows = (texts.count + columns - 1) / columns
        for row in 0..<rows {
            let line = stride(from: row, to: texts.count, by: max(1, rows)).map { Columns.left(texts[$0], width) }
                .joined()
            try await process.put(String(line.reversed().drop { $0 == " " }.reversed()))
        }
    }

    private func text(_ name: String, _ status: FileStatus, _ names: AccountNames) -> String {
        var name = name
        if options.has("F") || options.has("p") && status.kind == .directory {
            if status.kind == .directory { name += "/" }
            if options.has("F"), status.kind == .link { name += "@" }
            if options.has("F"), status.kind == .file, status.mode & 0o111 != 0 { name += "*" }
        }
        let inode = options.has("i") ? Columns.right(String(status.inode), 7) + " " : ""
        guard options.has("l") else { return inode + name }
        let size = options.has("h") ? Self.human(status.size) : String(status.size)
        let isNumeric = options.has("n")
        let user = isNumeric ? String(status.user) : names.user(status.user) ?? String(status.user)
        let group = isNumeric ? String(status.group) : names.group(status.group) ?? String(status.group)
        let age = process.world.now().seconds -| status.modified.seconds
        let format = age > 15_552_000 || age < -3_600 ? "%b %e  %Y" : "%b %e %H:%M"
        let time = CalendarTime(status.modified).text(format)
        let links = status.kind == .directory ? "2" : "1"
        let target = status.target.map { " -> \($0)" } ?? ""
        return inode + FileModes.text(status) + " " + Columns.right(links, 4) + " " + Columns.left(user, 8) + " "
            + Columns.left(group, 8) + " " + Columns.right(size, 9) + " \(time) \(name)\(target)"
    }
}

/// The texts of `stat`.
struct StatFormat {
    let path: String
    let status: FileStatus
    let mount: Mount
    let names: AccountNames

    /// - Parameter format: nil for the long text.
    func text(_ format: String?) -> String {
        if let format { return Self.filled(format, part) + "\n" }
        let time = time(status.modified)
        let octal = "0" + String(status.mode, radix: 8)
        let user = Columns.right(names.user(status.user) ?? "UNKNOWN", 8)
        let group = Columns.right(names.group(status.group) ?? "UNKNOWN", 8)
        return """
              File: \(path)\(status.target.map { " -> \($0)" } ?? "")
              Size: \(Columns.left(String(status.size), 10))\tBlocks: \(Columns.left(part("b") ?? "", 10)) \
            IO Block: 4096   \(part("F") ?? "")
            Device: 1h/1d\tInode: \(Columns.left(String(status.inode), 10))  Links: 1
            Access: (\(octal)/\(FileModes.text(status)))  Uid: (\(Columns.right(String(status.user), 5))/\(user))   \
            Gid: (\(Columns.right(String(status.group), 5))/\(group))
            Access: \(time)
            Modify: \(time)
            Change: \(time)

            """
    }

    private func time(_ time: Timestamp) -> String { CalendarTime(time).text("%Y-%m-%d %H:%M:%S.%N +0000") }

    private static func filled(_ format: String, _ part: (Character) -> String?) -> String {
        var result = ""
        var rest = Escapes.decoded(format, zeroPrefix: false).text[...]
        while let character = rest.popFirst() {
            if character == "%", let letter = rest.popFirst() {
                result += letter == "%" ? "%" : part(letter) ?? "?"
            } else {
                result.append(character)
            }
        }
        return result
    }

    private func part(_ letter: Character) -> String? {
        switch letter {
        case "n": path
        case "N": status.target.map { "'\(path)' -> '\($0)'" } ?? path
        case "a": String(status.mode, radix: 8)
        case "A": FileModes.text(status)
        case "f": String(UInt32(status.mode) | (status.kind == .directory ? 0x4000 : 0x8000), radix: 16)
        case "u": String(status.user)
        case "U": names.user(status.user) ?? "UNKNOWN"
        case "g": String(status.group)
        case "G": names.group(status.group) ?? "UNKNOWN"
        case "s": String(status.size)
        case "b": String((status.size + 4_095) / 4_096 * 8)
        case "B", "o": letter == "B" ? "512" : "4096"
        case "i": String(status.inode)
        case "h": "1"
        case "m": mount.path
        case "F":
            switch status.kind {
            case .directory: "directory"
            case .link: "symbolic link"
            case .device: "character special file"
            case .file: status.size == 0 ? "regular empty file" : "regular file"
            }
        case "X", "Y", "Z", "W": String(status.modified.seconds)
        case "x", "y", "z", "w": time(status.modified)
        case "d", "D": "1"
        default: nil
        }
    }

    static func fileSystem(_ format: String?, _ path: String, _ mount: Mount) -> String {
        let blocks = mount.tree.capacity / 4_096
        let free = max(0, mount.tree.capacity - mount.tree.used) / 4_096
        let parts: [Character: String] = [
            "n": path, "T": mount.tree.type, "t": mount.tree.type == "tmpfs" ? "1021994" : "794c7630",
            "s": "4096", "S": "4096", "b": String(blocks), "f": String(free), "a": String(free), "c": "50000",
            "d": "50000",
            "l": "255", "i": "0",
        ]
        if let format { return filled(format) { parts[$0] } + "\n" }
        return """
              File: "\(path)"
                ID: 0        Namelen: 255     Type: \(mount.tree.type)
            Block size: 4096
            Blocks: Total: \(Columns.left(String(blocks), 10)) Free: \(Columns.left(String(free), 10)) Available: \(free)
            Inodes: Total: 50000      Free: 50000

            """
    }
}
