import FairleadApplets
import FairleadContainers

/// Finds the files whose paths match a pattern.
struct Glob {
    private static let limit = 20_000
    private let process: Process

    init(_ process: Process) { self.process = process }

    /// The paths, sorted; as the pattern has them, absolute or not.
    func names(_ pattern: String) -> [String] {
        let isAbsolute = pattern.hasPrefix("/")
        let parts = pattern.split(separator: "/").map(String.init)
        var found = [isAbsolute ? "/" : ""]
        for (index, part) in parts.enumerated() {
            let isLast = index == parts.count - 1
            var next: [String] = []
            for base in found {
                if !part.utf8.contains(where: { "*?[".utf8.contains($0) }) {
                    let path = base + Self.plain(part)
                    if process.world.files.exists(process.path(path)) { next.append(isLast ? path : path + "/") }
                    continue
                }
                let matcher = Pattern(part)
                // A directory that cannot be read has nothing that matches.
                let names =
                    (try? process.world.files.list(
                        process.path(base.isEmpty ? "." : base), as: process.credentials)) ?? []
                for name in names where matcher.matches(name) {
                    if name.hasPrefix("."), !part.hasPrefix(".") { continue }
                    next.append(isLast ? base + name : base + name + "/")
                    if next.count > Self.limit { return [] }
                }
            }
            found = next
        }
        return parts.isEmpty ? [] : found
    }

    private static func plain(_ part: String) -> String {
        var result = ""
        var isEscaped = false
        for scalar in part.unicodeScalars {
            if scalar == "\\", !isEscaped {
                isEscaped = true
                continue
            }
            isEscaped = false
            result.unicodeScalars.append(scalar)
        }
        return result
    }
}
