import FairleadApplets
import FairleadContainers
import FairleadModel

extension Applets {
    /// What looks at files and file systems.
    static let listing: [String: Applet] = [
        "ls": Applet(ls), "stat": Applet(stat), "du": Applet(du), "df": Applet(df), "mount": Applet(mount),
        "umount": Applet { process in
            throw AppletFailure("can't unmount \(process.words.last ?? ""): Operation not permitted")
        },
    ]

    private static func ls(_ process: Process) async throws -> Int32 {
        let options = try AppletOptions(process.words, "laA1RdhinFtSrLTpCcxsHkuvXqg", long: ["color": "T", "all": "a"])
        let lister = FileLister(process: process, options: options)
        var status: Int32 = 0
        var (plain, folders): ([String], [String]) = ([], [])
        for path in options.operands.isEmpty ? ["."] : options.operands {
            do throws(FileError) {
                let follows = !options.has("l") && !options.has("d")
                let found: FileStatus
                // A link to nothing is listed as it is.
                if let target = try? process.status(path, followsLast: follows || path.hasSuffix("/")) {
                    found = target
                } else {
                    found = try process.status(path, followsLast: false)
                }
                if found.kind == .directory, !options.has("d") { folders.append(path) } else { plain.append(path) }
            } catch {
                await process.complain("ls: \(path): \(error)")
                status = 1
            }
        }
        if !plain.isEmpty { try await lister.write(plain.map { (name: $0, path: $0) }) }
        let named = options.operands.count > 1 || options.has("R")
        var isFirst = plain.isEmpty
        for folder in folders {
            let all =
                options.has("R")
                ? FileWalk(process: process).paths(from: folder).map(\.path).filter { path in
                    // What is gone meanwhile is no directory.
                    (try? process.status(path, followsLast: path == folder))?.kind == .directory
                } : [folder]
            for path in all {
                if named {
                    try await process.put((isFirst ? "" : "\n") + path + ":")
                    isFirst = false
                }
                do throws(FileError) {
                    let names = try process.world.files.list(process.path(path), as: process.credentials)
                    try? await lister.write(folder: path, names)  // As a C program that does not look.
                } catch {
                    await process.complain("ls: can't open '\(path)': \(error)")
                    status = 1
                }
            }
        }
        return status
    }

    private static func stat(_ process: Process) async throws -> Int32 {
        let options = try AppletOptions(
            process.words, "c:fLtx", long: ["format": "c", "printf": "c", "file-system": "f"])
        guard !options.operands.isEmpty else { throw AppletFailure("missing operand") }
        let names = AccountNames(process)
        var code: Int32 = 0
        for path in options.operands {
            do throws(FileError) {
                let status = try process.status(path, followsLast: options.has("L"))
                let mount = try process.world.files.mount(of: process.path(path), as: process.credentials)
                let text =
                    options.has("f")
                    ? StatFormat.fileSystem(options.value("c"), path, mount)
                    : StatFormat(path: path, status: status, mount: mount, names: names).text(options.value("c"))
                try? await process.output.write(text)  // As a C program that does not look at the result.
            } catch {
                await process.complain("stat: can't stat '\(path)': \(error)")
                code = 1
            }
        }
        return code
    }

    private static func du(_ process: Process) async throws -> Int32 {
        let options = try AppletOptions(process.words, "shakmcd:Hx", long: ["max-depth": "d"])
        let limit = options.has("s") ? 0 : options.value("d").flatMap { Int($0) } ?? .max
        for start in options.operands.isEmpty ? ["."] : options.operands {
            var sizes: [String: Int] = [:]
            let paths = FileWalk(process: process).paths(from: start, depthFirst: true)
            for (path, depth) in paths {
                // What is gone meanwhile has no size.
                guard let status = try? process.status(path, followsLast: false) else { continue }
                let own = (status.size + 4_095) / 4_096 * 4
                let size = own + (sizes.removeValue(forKey: path) ?? 0)
                if depth > 0 {
                    let parent = String(path.prefix(upTo: path.lastIndex(of: "/") ?? path.startIndex))
                    sizes[parent.isEmpty ? "/" : parent, default: 0] += size
                }
                guard depth <= limit, status.kind == .directory || options.has("a") || depth == 0 else { continue }
                try await process.put("\(options.has("h") ? FileLister.human(size *| 1_024) : String(size))\t\(path)")
            }
        }
        return 0
    }

    private static func df(_ process: Process) async throws -> Int32 {
        let options = try AppletOptions(process.words, "hkmPTait:B:", long: ["human-readable": "h"])
        let isHuman = options.has("h")
        var mounts = process.world.files.mounts.values.sorted { $0.path < $1.path }
        if !options.operands.isEmpty {
            mounts = try options.operands.map { path in
                do throws(FileError) {
                    return try process.world.files.mount(of: process.path(path), as: process.credentials)
                } catch {
                    throw AppletFailure("\(path): can't find mount point")
                }
            }
        }
        try await process.put(
            "Filesystem           \(isHuman ? "     Size" : "1K-blocks")      Used Available Use% Mounted on")
        for mount in mounts {
            let (size, used) = (mount.tree.capacity, mount.tree.used)
            let free = max(0, size - used)
            func shown(_ bytes: Int) -> String {
                isHuman ? FileLister.human(bytes) : String(options.has("m") ? bytes >> 20 : bytes >> 10)
            }
            let percent = size > 0 ? (Double(used) / Double(size) * 100).rounded(.up) : 0
            let columns = [Columns.right(shown(size), 9), Columns.right(shown(used), 9), Columns.right(shown(free), 9)]
            let share = Columns.right("\(Int(saturating: percent))%", 4)
            try await process.put(
                "\(Columns.left(mount.tree.type, 20)) \(columns.joined(separator: " ")) \(share) \(mount.path)")
        }
        return 0
    }

    private static func mount(_ process: Process) async throws -> Int32 {
        let options = try AppletOptions(process.words, "t:o:arwvnfi")
        if let device = options.operands.first {
            throw AppletFailure(
                process.credentials.user == 0
                    ? "mounting \(device) on \(options.operands.last ?? "") failed: Operation not permitted"
                    : "permission denied (are you root?)")
        }
        for line in MountTable(process.world.files).lines {
            if let wanted = options.value("t"), wanted != line.type { continue }
            try await process.put(
                "\(line.source) on \(line.path) type \(line.type) (\(line.isReadOnly ? "ro" : "rw"),relatime)")
        }
        return 0
    }
}
