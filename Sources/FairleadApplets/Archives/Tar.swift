import FairleadContainers
import FairleadModel

/// `tar`: makes, lists and unpacks archives; nothing is written outside of the directory that it unpacks to.
struct Tar {
    private let process: Process
    private let wording: TarWording
    private var options = TarOptions()

    static func applet(_ wording: TarWording) -> Applet {
        Applet { process in
            var tar = Tar(process: process, wording: wording)
            tar.options = try TarOptions(process.words)
            switch tar.options.mode {
            case "c": return try await tar.create()
            case "x", "t": return try await tar.extract()
            default: throw wording.noMode
            }
        }
    }

    private init(process: Process, wording: TarWording) {
        self.process = process
        self.wording = wording
    }

    private func inside(_ path: String) -> String {
        guard let folder = options.folder, !path.hasPrefix("/") else { return path }
        return folder.hasSuffix("/") ? folder + path : "\(folder)/\(path)"
    }

    // MARK: - making

    private func create() async throws -> Int32 {
        if options.isCompressed { throw AppletFailure("compression is not supported in a simulated container") }
        guard !options.paths.isEmpty else { throw wording.nothingToPack }
        var output = BufferedOutput(
            options.file.map { $0 == "-" } ?? true ? process.output : try process.sink(options.file ?? ""))
        var hasFailed = false
        for start in options.paths {
            do throws(FileError) {
                _ = try process.status(inside(start), followsLast: false)
            } catch {
                await process.complain(wording.missing(start, error))
                hasFailed = true
                continue
            }
            if start.hasPrefix("/") { await process.complain(wording.leadingSlash) }
            for (path, _) in FileWalk(process: process).paths(from: inside(start)) {
                try await add(path, &output)
            }
        }
        try await output.write([UInt8](repeating: 0, count: 2 * TarFormat.block))
        try await output.flush()
        guard hasFailed else { return 0 }
        await process.complain(wording.delayed.words)
        return wording.delayed.status
    }

    private func add(_ path: String, _ output: inout BufferedOutput) async throws {
        // What is gone meanwhile, or cannot be read, is left out, as tar does with a message.
        guard let status = try? process.status(path, followsLast: options.followsLinks), status.kind != .device else {
            return
        }
        var name = path
        if let folder = options.folder, name.hasPrefix(folder + "/") { name = String(name.dropFirst(folder.count + 1)) }
        if options.excludes.contains(where: { Pattern($0).matches(name) || Pattern($0).matches(name.lastPart) }) {
            return
        }
        while name.hasPrefix("/") { name.removeFirst() }
        if name.isEmpty { name = "." }
        var content: [UInt8] = []
        var kind = TarEntry.Kind.file
        switch status.kind {
        case .directory:
            kind = .directory
            if !name.hasSuffix("/") { name += "/" }
        case .link: kind = .link(status.target ?? "")
        default:
            do throws(FileError) {
                content = try process.read(path)
            } catch {
                await process.complain(wording.unreadable(path, error))
                return
            }
        }
        if options.isVerbose { await process.complain(name) }
        let entry = TarEntry(
            path: name, kind: kind, mode: status.mode, user: status.user, group: status.group,
            modified: status.modified.seconds, size: content.count)
        try await output.write(TarFormat.header(entry))
        if !content.isEmpty { try await output.write(TarFormat.padded(content)) }
    }

    // MARK: - unpacking

    private func extract() async throws -> Int32 {
        var source: any ByteSource = process.input
        if let file = options.file, file != "-" {
            do throws(FileError) {
                source = try process.open(file)
            } catch {
                throw wording.noArchive(file, error)
            }
        }
        if options.mode == "x", let folder = options.folder {
            guard (try? process.status(folder).kind) == .directory else {  // Said here.
                throw wording.noFolder(folder)
            }
        }
        var reader = BlockReader(source)
        var (hasFailed, count) = (false, 0)
        var longName: String?
        var extended: [String: String] = [:]
        while let header = await reader.read(TarFormat.block) {
            if header.allSatisfy({ $0 == 0 }) { break }
            guard let (found, type) = TarFormat.entry(header) else {
                let isGzip = header.starts(with: [0x1F, 0x8B])
                throw isGzip
                    ? AppletFailure("compression is not supported in a simulated container") : wording.noTar
            }
            var entry = found
            if let size = extended["size"].flatMap({ Int($0) }), size >= 0 { entry.size = size }
            if [UInt8(ascii: "L"), UInt8(ascii: "x"), UInt8(ascii: "g"), UInt8(ascii: "K")].contains(type) {
                guard entry.size <= 1 << 20, let bytes = await reader.content(entry.size) else {
                    throw wording.cut
                }
                if type == UInt8(ascii: "L") { longName = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self) }
                if type == UInt8(ascii: "x") { extended = TarFormat.pax(bytes) }
                continue
            }
            entry.path = extended["path"] ?? longName ?? entry.path
            if case .link = entry.kind, let target = extended["linkpath"] { entry.kind = .link(target) }
            (longName, extended) = (nil, [:])
            count += 1
            guard count <= 50_000 else { throw AppletFailure("too many files") }
            guard entry.size <= 64 << 20, let bytes = await reader.content(entry.size) else {
                throw wording.cut
            }
            guard isWanted(entry.path) else { continue }
            if options.mode == "t" {
                try await process.put(listed(entry))
                continue
            }
            if options.isVerbose { try await process.put(entry.path) }
            do throws(FileError) {
                try unpack(entry, bytes)
            } catch {
                await process.complain(
                    wording.unwritten(entry.path, isDirectory: entry.kind == .directory, error))
                hasFailed = true
            }
        }
        if Task.isCancelled { return 137 }
        if reader.isCut || !reader.hasRead { throw wording.cut }
        // The writer may have padded the archive.
        while await source.read(upTo: 65_536) != nil {}
        guard hasFailed else { return 0 }
        // Busybox's says nothing more.
        if wording == .gnu { await process.complain(wording.delayed.words) }
        return wording.delayed.status
    }

    private func isWanted(_ path: String) -> Bool {
        if options.paths.isEmpty { return true }
        let name = path.hasSuffix("/") ? String(path.dropLast()) : path
        return options.paths.contains { wanted in
            let wanted = wanted.hasSuffix("/") ? String(wanted.dropLast()) : wanted
            return name == wanted || name.hasPrefix(wanted + "/")
        }
    }

    private func listed(_ entry: TarEntry) -> String {
        guard options.isVerbose else { return entry.path }
        var status = FileStatus(
            kind: .file, mode: entry.mode, user: entry.user, group: entry.group, size: entry.size,
            modified: Timestamp(seconds: entry.modified), inode: 0)
        var target = ""
        switch entry.kind {
        case .directory: status.kind = .directory
        case .link(let text):
            status.kind = .link
            target = " -> \(text)"
        default: break
        }
        let time = CalendarTime(status.modified).text("%Y-%m-%d %H:%M:%S")
        return "\(FileModes.text(status)) \(entry.user)/\(entry.group) \(Columns.right(String(entry.size), 9)) \(time) "
            + entry.path + target
    }

    /// Writes one member. Names with `..` are refused, and links that are in the way are replaced, not followed.
    private func unpack(_ entry: TarEntry, _ bytes: [UInt8]) throws(FileError) {
        let parts = entry.path.split(separator: "/").map(String.init).filter { $0 != "." }
        guard !parts.contains(".."), parts.count <= 40 else { throw .notPermitted }
        guard !parts.isEmpty else { return }
        let files = process.world.files
        let user = process.credentials
        var path = process.path(options.folder ?? ".")
        for part in parts.dropLast() {
            path += "/" + part
            // What is not there is made.
            if let status = try? files.status(path, followsLast: false, as: user) {
                if status.kind == .directory { continue }
                if status.kind == .link { throw .notPermitted }
                throw .notDirectory
            }
            try files.makeDirectory(path, mode: 0o777 & ~process.umask, as: user)
        }
        path += "/" + parts[parts.count - 1]
        // As above.
        let present = try? files.status(path, followsLast: false, as: user)
        switch entry.kind {
        case .directory:
            if present == nil { try files.makeDirectory(path, mode: entry.mode | 0o700, as: user) }
        case .link(let target):
            if present != nil { try files.remove(path, as: user) }
            try files.link(path, to: target, as: user)
            return
        case .hardLink(let target):
            let source = target.split(separator: "/").map(String.init)
            guard !source.contains("..") else { throw .notPermitted }
            let content = try files.read(process.path(inside(source.joined(separator: "/"))), as: user)
            try files.write(content, to: path, mode: entry.mode, as: user)
        case .file:
            if present?.kind == .link { try files.remove(path, as: user) }
            try files.write(bytes, to: path, mode: entry.mode & 0o777, as: user)
        case .other: return
        }
        let isRoot = user.user == 0
        try files.set(
            path, mode: options.keepsModes || isRoot ? entry.mode : entry.mode & ~process.umask,
            user: isRoot && options.keepsOwners ? entry.user : nil,
            group: isRoot && options.keepsOwners ? entry.group : nil,
            modified: options.setsTimes ? Timestamp(seconds: entry.modified) : nil, as: user)
    }
}

extension String {
    fileprivate var lastPart: String { split(separator: "/").last.map(String.init) ?? self }
}

extension Applets {
    static let archives: [String: Applet] = ["tar": Tar.applet(.busybox)]
}
