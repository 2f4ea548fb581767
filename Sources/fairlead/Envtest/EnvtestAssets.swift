import FairleadServer
import Foundation

/// The directory of links that test kits take for the binaries of Kubernetes.
enum EnvtestAssets {
    struct Problem: Error, CustomStringConvertible {
        let description: String
    }

    /// Makes what is missing; links that are there are made anew, anything else is left alone.
    ///
    /// - Parameter search: directories in which there may be a kubectl, separated by colons.
    /// - Returns: the directory's absolute path.
    /// - Throws: if it cannot be made, or has files of these names that are no links.
    static func make(in folder: String, search: String) throws(Problem) -> String {
        let absolute = URL(fileURLWithPath: folder).standardizedFileURL.path
        guard let own = executable else { throw Problem(description: "this program cannot find its own file") }
        let version = FairleadVersion.kubernetes.drop { $0 == "v" }
        for directory in [absolute, "\(absolute)/k8s/\(version)-\(platform)"] {
            do {
                try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            } catch {
                throw Problem(description: "cannot make \(directory): \(error.localizedDescription)")
            }
            for name in ["etcd", "kube-apiserver"] { try link(directory, name, to: own) }
            if let kubectl = kubectl(in: search, besides: absolute) { try link(directory, "kubectl", to: kubectl) }
        }
        return absolute
    }

    private static func link(_ directory: String, _ name: String, to target: String) throws(Problem) {
        let path = "\(directory)/\(name)"
        var figures = stat()
        if lstat(path, &figures) == 0, figures.st_mode & S_IFMT != S_IFLNK {
            throw Problem(description: "\(path) is there and is no link: choose another directory, or remove it")
        }
        // Made beside it and moved, so that whoever starts it meanwhile finds the one or the other.
        let new = "\(path).new-\(getpid())"
        guard symlink(target, new) == 0, rename(new, path) == 0 else {
            let why = String(cString: strerror(errno))
            unlink(new)
            throw Problem(description: "cannot make the link \(path): \(why)")
        }
    }

    private static func kubectl(in search: String, besides folder: String) -> String? {
        search.split(separator: ":").lazy.map { "\($0)/kubectl" }.first { path in
            !path.hasPrefix(folder + "/") && FileManager.default.isExecutableFile(atPath: path)
        }
    }

    /// Where this program is, behind all links.
    private static var executable: String? {
        #if os(Linux)
            // Absent only where there is no /proc: the name by which it was called has to do.
            if let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") { return path }
        #endif
        return Bundle.main.executablePath
    }

    /// As the releases of Kubernetes' test tools name it.
    private static var platform: String {
        #if os(Linux)
            let system = "linux"
        #else
            let system = "darwin"
        #endif
        #if arch(arm64)
            return "\(system)-arm64"
        #else
            return "\(system)-amd64"
        #endif
    }
}
