import FairleadContainers

/// Finds the files that commands name.
enum SearchPath {
    /// The path of the executable file that a command names, by itself or in `$PATH`; nil if there is none.
    static func file(_ name: String, for process: Process) -> String? {
        if name.contains("/") { return isExecutable(process.path(name), process) ? name : nil }
        guard !name.isEmpty else { return nil }
        return directories(process).map { $0.isEmpty ? name : "\($0)/\(name)" }.first {
            isExecutable(process.path($0), process)
        }
    }

    static func directories(_ process: Process) -> [Substring] {
        let path = process.variable("PATH") ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        return path.split(separator: ":", omittingEmptySubsequences: false)
    }

    private static func isExecutable(_ path: String, _ process: Process) -> Bool {
        // What cannot be looked at cannot be executed.
        guard let status = try? process.world.files.status(path, as: process.credentials) else { return false }
        return status.kind == .file && status.mode & 0o111 != 0
    }
}
