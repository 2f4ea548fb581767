import FairleadApplets
import FairleadContainers

extension Applets {
    static func chmod(_ process: Process) async throws -> Int32 {
        var operands: [String] = []
        var isRecursive = false
        for word in process.words {
            if word == "-R" || word == "-Rf" || word == "-fR" {
                isRecursive = true
            } else if word != "-f", word != "-v", word != "-c" {
                operands.append(word)
            }
        }
        guard operands.count > 1 else { throw AppletFailure("missing operand") }
        let text = operands.removeFirst()
        guard FileModes.changed(0, text, isDirectory: false, umask: 0) != nil else {
            throw AppletFailure("invalid mode '\(text)'")
        }
        let paths = isRecursive ? operands.flatMap { FileWalk(process: process).paths(from: $0).map(\.path) } : operands
        return try await process.each(paths, "%: ") { path throws(FileError) in
            let status = try process.status(path)
            let mode = FileModes.changed(
                status.mode, text, isDirectory: status.kind == .directory, umask: process.umask)
            try process.world.files.set(process.path(path), mode: mode, as: process.credentials)
        }
    }

    static func chown(_ process: Process) async throws -> Int32 {
        let options = try AppletOptions(process.words, "Rvfch", long: ["recursive": "R"])
        guard options.operands.count > 1 else { throw AppletFailure("missing operand") }
        let parts = options.operands[0].split(
            maxSplits: 1, omittingEmptySubsequences: false, whereSeparator: { $0 == ":" || $0 == "." }
        ).map(String.init)
        let names = AccountNames(process)
        var (user, group): (UInt32?, UInt32?)
        if !parts[0].isEmpty {
            user = names.user(named: parts[0])
            if user == nil { throw AppletFailure("unknown user \(parts[0])") }
        }
        if parts.count > 1, !parts[1].isEmpty {
            group = names.group(named: parts[1])
            if group == nil { throw AppletFailure("unknown group \(parts[1])") }
        }
        var paths = Array(options.operands.dropFirst())
        if options.has("R") { paths = paths.flatMap { FileWalk(process: process).paths(from: $0).map(\.path) } }
        let (owner, members) = (user, group)
        return try await process.each(paths, "%: ") { path throws(FileError) in
            try process.world.files.set(process.path(path), user: owner, group: members, as: process.credentials)
        }
    }
}
