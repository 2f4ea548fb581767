import FairleadApplets
import FairleadContainers

extension Applets {
    /// What makes, changes and removes files.
    static let files: [String: Applet] = [
        "cat": Applet(cat), "more": Applet(cat), "less": Applet(cat),
        "touch": Applet(touch),
        "rm": Applet(rm),
        "rmdir": Applet { process in
            let options = try AppletOptions(process.words, "p")
            return try await process.each(options.operands, "'%': ") { path throws(FileError) in
                guard try process.status(path, followsLast: false).kind == .directory else { throw .notDirectory }
                try process.world.files.remove(process.path(path), as: process.credentials)
            }
        },
        "unlink": Applet { process in
            try await process.each(process.words, "can't remove file '%': ") { path throws(FileError) in
                try process.world.files.remove(process.path(path), as: process.credentials)
            }
        },
        "mkdir": Applet(mkdir),
        "ln": Applet(ln),
        "chmod": Applet(chmod),
        "chown": Applet(chown),
        "chgrp": Applet { process in
            var changed = process
            let options = try AppletOptions(process.words, "Rvfch")
            guard let group = options.operands.first else { throw AppletFailure("missing operand") }
            changed.arguments =
                ["chgrp"] + options.flags.map { "-\($0)" } + [":" + group] + options.operands.dropFirst()
            return try await chown(changed)
        },
        "truncate": Applet { process in
            let options = try AppletOptions(process.words, "s:c")
            guard let size = options.value("s").flatMap({ DataSizes.bytes($0) }), size <= 64 << 20 else {
                throw AppletFailure("invalid size")
            }
            return try await process.each(options.operands, "%: open: ") { path throws(FileError) in
                // A file that is not there yet is empty.
                let old = (try? process.read(path)) ?? []
                let bytes = old.prefix(size) + [UInt8](repeating: 0, count: max(0, size - old.count))
                try process.write(Array(bytes), to: path)
            }
        },
        "mktemp": Applet(mktemp),
        "mkfifo": Applet { process in
            throw AppletFailure("\(process.words.last ?? ""): Operation not permitted")
        },
        "mknod": Applet { process in
            throw AppletFailure("\(process.words.first ?? ""): Operation not permitted")
        },
        "readlink": Applet { process in
            let options = try AppletOptions(process.words, "fnvem")
            for path in options.operands {
                if options.has("f") || options.has("e") || options.has("m") {
                    try await process.put(try process.resolved(path))
                } else {
                    // No file is no link.
                    let status = try? process.status(path, followsLast: false)
                    guard let target = status?.target else { return 1 }
                    try await process.output.write(target + (options.has("n") ? "" : "\n"))
                }
            }
            return 0
        },
        "realpath": Applet { process in
            var status: Int32 = 0
            for path in process.words where !path.hasPrefix("-") {
                do throws(FileError) {
                    _ = try process.status(path)
                    try? await process.output.write(try process.resolved(path) + "\n")  // As C does.
                } catch {
                    await process.complain("realpath: \(path): \(error)")
                    status = 1
                }
            }
            return status
        },
    ]

    private static func cat(_ process: Process) async throws -> Int32 {
        let options = try AppletOptions(process.words, "nbsvetAETu")
        var number = 0
        return try await process.eachInput(options.operands) { path, source in
            // It has been opened already.
            if let kind = try? process.status(path).kind, kind == .directory, path != "-" {
                throw AppletFailure("read error: Is a directory")
            }
            guard options.has("n") || options.has("b") else {
                while let bytes = await source.read(upTo: 65_536) { try await process.output.write(bytes) }
                return
            }
            var reader = LineReader(source)
            while let line = await reader.next() {
                if options.has("b"), line.isEmpty {
                    try await process.output.write("\n")
                    continue
                }
                number += 1
                try await process.output.write(Array((Columns.right(String(number), 6) + "\t").utf8) + line + [10])
            }
        }
    }

    private static func touch(_ process: Process) async throws -> Int32 {
        let options = try AppletOptions(process.words, "camfr:d:t:h", long: ["date": "d", "no-create": "c"])
        guard !options.operands.isEmpty else { throw AppletFailure("missing operand") }
        let now = process.world.now()
        return try await process.each(options.operands, "%: ") { path throws(FileError) in
            if process.world.files.exists(process.path(path)) {
                try process.world.files.set(process.path(path), modified: now, as: process.credentials)
            } else if !options.has("c") {
                try process.write([], to: path, appending: true)
            }
        }
    }

    private static func rm(_ process: Process) async throws -> Int32 {
        let options = try AppletOptions(process.words, "rRfiv", long: ["recursive": "r", "force": "f"])
        let isForced = options.has("f")
        if options.operands.isEmpty, !isForced { throw AppletFailure("missing operand") }
        let isRecursive = options.has("r") || options.has("R")
        var code: Int32 = 0
        for path in options.operands {
            do throws(FileError) {
                let status = try process.status(path, followsLast: false)
                if status.kind == .directory, !isRecursive {
                    await process.complain("rm: '\(path)' is a directory")
                    code = 1
                    continue
                }
                try process.world.files.remove(process.path(path), recursively: isRecursive, as: process.credentials)
            } catch {
                if isForced, error == .notFound || error == .notDirectory { continue }
                await process.complain("rm: can't remove '\(path)': \(error)")
                code = 1
            }
        }
        return code
    }

    private static func mkdir(_ process: Process) async throws -> Int32 {
        let options = try AppletOptions(process.words, "pm:v", long: ["parents": "p", "mode": "m"])
        guard !options.operands.isEmpty else { throw AppletFailure("missing operand") }
        let mode = options.value("m").flatMap { UInt16($0, radix: 8) }
        return try await process.each(options.operands, "can't create directory '%': ") { path throws(FileError) in
            let full = process.path(path)
            try process.world.files.makeDirectory(
                full, mode: mode ?? 0o777 & ~process.umask, makesParents: options.has("p"), as: process.credentials)
        }
    }

    private static func ln(_ process: Process) async throws -> Int32 {
        let options = try AppletOptions(process.words, "sfnvT", long: ["symbolic": "s", "force": "f"])
        guard options.operands.count >= 1 else { throw AppletFailure("missing operand") }
        let targets = options.operands.count > 1 ? Array(options.operands.dropLast()) : options.operands
        let last = options.operands.count > 1 ? options.operands[options.operands.count - 1] : "."
        return try await process.each(targets, "\(last): ") { target throws(FileError) in
            var place = process.path(last)
            // What is not there is no directory.
            if let status = try? process.status(last, followsLast: !options.has("n")), status.kind == .directory {
                place += "/" + (target.split(separator: "/").last.map(String.init) ?? "")
            }
            if options.has("f"), process.world.files.exists(place) {
                try process.world.files.remove(place, as: process.credentials)
            }
            if options.has("s") {
                try process.world.files.link(place, to: target, as: process.credentials)
            } else {
                // Files have one name here: a hard link is a copy.
                try process.world.files.write(
                    try process.read(target), to: place, mode: try process.status(target).mode, as: process.credentials)
            }
        }
    }

    private static func mktemp(_ process: Process) async throws -> Int32 {
        let options = try AppletOptions(process.words, "dqutp:")
        let folder = options.value("p") ?? process.variable("TMPDIR") ?? "/tmp"
        let template = options.operands.first ?? "\(folder)/tmp.XXXXXX"
        let letters = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
        let base = template.reversed().drop { $0 == "X" }
        let count = template.count - base.count
        guard count >= 3 else { throw AppletFailure("\(template): Invalid argument") }
        let name = String(base.reversed()) + String((0..<count).map { _ in letters[Int.random(in: 0..<letters.count)] })
        let path = options.has("p") || options.has("t") && !name.contains("/") ? "\(folder)/\(name)" : name
        let full = process.path(options.operands.isEmpty ? name : path)
        if options.has("d") {
            try process.world.files.makeDirectory(full, mode: 0o700, as: process.credentials)
        } else {
            try process.world.files.write([], to: full, mode: 0o600, as: process.credentials)
        }
        try await process.put(options.operands.isEmpty ? name : path)
        return 0
    }
}

extension Process {
    /// Does something with each path; says what could not be done.
    ///
    /// - Parameter complaint: what is written before the reason, with `%` for the path.
    func each(
        _ paths: [String], _ complaint: String, _ body: (String) throws(FileError) -> Void
    ) async throws -> Int32 {
        var status: Int32 = 0
        for path in paths {
            do throws(FileError) {
                try body(path)
            } catch {
                await complain("\(appletName): \(complaint.replacing("%", with: path))\(error)")
                status = 1
            }
        }
        return status
    }

    /// A path without links, `.` and `..`.
    func resolved(_ path: String) throws(FileError) -> String {
        var parts: [String] = []
        var pending = self.path(path).split(separator: "/").map(String.init).reversed() as [String]
        var links = 0
        while let part = pending.popLast() {
            if part == "." { continue }
            if part == ".." {
                _ = parts.popLast()
                continue
            }
            let here = "/" + (parts + [part]).joined(separator: "/")
            // What is not there is no link.
            if let target = (try? world.files.status(here, followsLast: false, as: credentials))?.target {
                links += 1
                guard links <= 40 else { throw .tooManyLinks }
                if target.hasPrefix("/") { parts = [] }
                pending += target.split(separator: "/").map(String.init).reversed()
            } else {
                parts.append(part)
            }
        }
        return "/" + parts.joined(separator: "/")
    }
}
