package import FairleadContainers

/// Walks through a directory and all that is below it: at most 40 deep.
package struct FileWalk {
    private static let maximumDepth = 40
    private let process: Process

    /// A walk with the rights of a process, from its working directory.
    package init(process: Process) { self.process = process }

    /// All paths, a directory before (or after) what it contains; those that cannot be listed are told.
    package func paths(
        from start: String, depthFirst: Bool = false, limit: Int = .max
    ) -> [(path: String, depth: Int)] {
        var result: [(path: String, depth: Int)] = []
        var open = [(start, 0)]
        while let (path, depth) = open.popLast() {
            result.append((path, depth))
            // What cannot be looked at or listed has nothing below it.
            guard depth < Self.maximumDepth, depth < limit,
                let status = try? process.status(path, followsLast: depth == 0), status.kind == .directory,
                // As above.
                let names = try? process.world.files.list(process.path(path), as: process.credentials)
            else { continue }
            let base = path.hasSuffix("/") ? path : path + "/"
            for name in names.reversed() { open.append((base + name, depth + 1)) }
        }
        return depthFirst ? result.reversed() : result
    }
}
