import FairleadApplets
import FairleadContainers
import FairleadModel

extension Applets {
    static let copying: [String: Applet] = [
        "cp": Applet(cp), "mv": Applet(mv), "dd": Applet(dd), "install": Applet(cp),
    ]

    /// The pairs of source and target that `cp` and `mv` mean.
    private static func pairs(
        _ process: Process, _ operands: [String], folder: String?
    ) throws -> [(source: String, target: String)] {
        guard operands.count + (folder == nil ? 0 : 1) > 1 else { throw AppletFailure("missing operand") }
        let target = folder ?? operands[operands.count - 1]
        let sources = folder == nil ? Array(operands.dropLast()) : operands
        // What is not there is no directory.
        let isDirectory = (try? process.status(target))?.kind == .directory
        if sources.count > 1, !isDirectory { throw AppletFailure("target '\(target)' is not a directory") }
        return sources.map { source in
            guard isDirectory else { return (source, target) }
            let name = source.split(separator: "/").last.map(String.init) ?? ""
            return (source, target.hasSuffix("/") ? target + name : "\(target)/\(name)")
        }
    }

    private static func cp(_ process: Process) async throws -> Int32 {
        let options = try AppletOptions(
            process.words, "rRafpvdLPHnTuit:m:",
            long: ["recursive": "r", "archive": "a", "force": "f", "preserve": "p", "target-directory": "t"])
        let isRecursive = options.has("r") || options.has("R") || options.has("a")
        let copier = FileCopier(
            process: process, isRecursive: isRecursive, keeps: options.has("p") || options.has("a"),
            keepsLinks: options.has("a") || options.has("d") || options.has("P"))
        var status: Int32 = 0
        for (source, target) in try pairs(process, options.operands, folder: options.value("t")) {
            if options.has("n"), process.world.files.exists(process.path(target)) { continue }
            do throws(FileError) {
                try copier.copy(source, to: target)
            } catch {
                let isOmitted = error == .isDirectory && !isRecursive
                let text =
                    isOmitted
                    ? "omitting directory '\(source)'"
                    : error == .notFound && !process.world.files.exists(process.path(source))
                        ? "can't stat '\(source)': \(error)" : "can't create '\(target)': \(error)"
                await process.complain("cp: \(text)")
                status = 1
                continue
            }
            if options.has("v") { try await process.put("'\(source)' -> '\(target)'") }
        }
        return status
    }

    private static func mv(_ process: Process) async throws -> Int32 {
        let options = try AppletOptions(process.words, "finvTt:", long: ["force": "f", "no-clobber": "n"])
        let copier = FileCopier(process: process, isRecursive: true, keeps: true, keepsLinks: true)
        var status: Int32 = 0
        for (source, target) in try pairs(process, options.operands, folder: options.value("t")) {
            if options.has("n"), process.world.files.exists(process.path(target)) { continue }
            do throws(FileError) {
                let (from, to) = (process.path(source), process.path(target))
                do throws(FileError) {
                    try process.world.files.move(from, to: to, as: process.credentials)
                } catch {
                    guard error == .crossesDevices else { throw error }
                    try copier.copy(source, to: target)
                    try process.world.files.remove(from, recursively: true, as: process.credentials)
                }
            } catch {
                await process.complain("mv: can't rename '\(source)': \(error)")
                status = 1
                continue
            }
            if options.has("v") { try await process.put("'\(source)' -> '\(target)'") }
        }
        return status
    }

    /// `dd`: with blocks of 16 MiB at most, and 64 MiB in all.
    private static func dd(_ process: Process) async throws -> Int32 {
        var values: [Substring: String] = [:]
        for word in process.words {
            guard let equals = word.firstIndex(of: "=") else { throw AppletFailure("unrecognized operand '\(word)'") }
            values[word[..<equals]] = String(word[word.index(after: equals)...])
        }
        func number(_ name: Substring) throws -> Int? {
            guard let text = values[name] else { return nil }
            guard let value = DataSizes.bytes(text) else { throw AppletFailure("invalid number '\(text)'") }
            return value
        }
        let block = try number("bs") ?? number("ibs") ?? 512
        guard block > 0, block <= 16 << 20 else { throw AppletFailure("invalid number '\(values["bs"] ?? "")'") }
        let (count, skip, seek) = (try number("count"), try number("skip") ?? 0, try number("seek") ?? 0)
        let source: any ByteSource
        do throws(FileError) {
            source = try values["if"].map { path throws(FileError) in try process.open(path) } ?? process.input
        } catch {
            throw AppletFailure("can't open '\(values["if"] ?? "")': \(error)")
        }
        var sink = process.output
        if let path = values["of"] {
            do throws(FileError) {
                let keeps = values["conv"]?.contains("notrunc") == true || seek > 0
                sink = try process.sink(path, appending: keeps)
            } catch {
                throw AppletFailure("can't open '\(path)': \(error)")
            }
        }
        var (whole, partial, written) = (0, 0, 0)
        var skipped = 0
        while count.map({ whole + partial < $0 }) ?? true, written < 64 << 20 {
            var bytes: [UInt8] = []
            while bytes.count < block, let more = await source.read(upTo: block - bytes.count) { bytes += more }
            if bytes.isEmpty { break }
            if skipped < skip {
                skipped += 1
                continue
            }
            if bytes.count == block { whole += 1 } else { partial += 1 }
            do {
                try await sink.write(bytes)
            } catch {
                let reason = (sink as? FileSink)?.failure.map(\.description) ?? "Broken pipe"
                throw AppletFailure("error writing '\(values["of"] ?? "standard output")': \(reason)")
            }
            written += bytes.count
        }
        if values["status"] != "none" {
            // As a C program that does not look at the result of its writes.
            try? await process.errors.write("\(whole)+\(partial) records in\n\(whole)+\(partial) records out\n")
            if values["status"] != "noxfer" {
                // As above.
                try? await process.errors.write("\(written) bytes copied\n")
            }
        }
        return 0
    }
}

/// Copies files and directories.
struct FileCopier {
    let process: Process
    let isRecursive: Bool
    /// Whether mode, owner and time are kept.
    let keeps: Bool
    let keepsLinks: Bool

    func copy(_ source: String, to target: String, depth: Int = 0) throws(FileError) {
        let files = process.world.files
        let user = process.credentials
        let (from, to) = (process.path(source), process.path(target))
        let status = try files.status(from, followsLast: !(keepsLinks || depth > 0), as: user)
        switch status.kind {
        case .link:
            if files.exists(to) { try files.remove(to, as: user) }
            try files.link(to, to: status.target ?? "", as: user)
            return
        case .directory:
            guard isRecursive else { throw .isDirectory }
            guard depth < 40 else { throw .nameTooLong }
            let inner = try process.resolved(target)
            let outer = try process.resolved(source)
            if inner == outer || inner.hasPrefix(outer + "/") { throw .invalid }
            if !files.exists(to) { try files.makeDirectory(to, mode: status.mode & 0o777 | 0o700, as: user) }
            for name in try files.list(from, as: user) {
                try copy("\(source)/\(name)", to: "\(target)/\(name)", depth: depth + 1)
            }
        case .file, .device:
            let mode = keeps ? status.mode : status.mode & ~process.umask
            if status.isProgram {
                try files.write([], to: to, mode: mode, as: user)
                let (tree, number) = try files.tree(at: from)
                if let node = tree.node(number) { try files.put(node, at: try process.resolved(target)) }
            } else {
                try files.write(try files.read(from, as: user), to: to, mode: mode, as: user)
            }
        }
        if keeps {
            try files.set(
                to, mode: status.mode, user: user.user == 0 ? status.user : nil,
                group: user.user == 0 ? status.group : nil, modified: status.modified, as: user)
        }
    }
}
