import FairleadModel
import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Where a lab keeps what it must remember: who it is, its logs, and the names of its namespaces.
package struct LabFolder: Hashable, Sendable {
    package let path: String
    /// Where namespaces are bound to names: where `ip netns` looks for them, if root may write there.
    package let namespaces: String
    package let names: LabNames

    /// - Parameter isPrivate: whether the lab lives in a user namespace, where nothing outside may be written to.
    package init(names: LabNames, base: String, isPrivate: Bool) {
        self.names = names
        path = base + "/" + names.lab
        namespaces = isPrivate ? path + "/netns" : "/run/netns"
    }

    /// Where root's labs are, and where others' are: below $XDG_RUNTIME_DIR, or in a folder of the user's own in /tmp.
    package static func base(isRoot: Bool, user: UInt32) -> String {
        if isRoot { return "/run/fairlead-lab" }
        let runtime = ProcessInfo.processInfo.environment["XDG_RUNTIME_DIR"] ?? ""
        return runtime.hasPrefix("/") ? runtime + "/fairlead-lab" : "/tmp/fairlead-lab-\(user)"
    }

    package func namespace(_ name: String) -> String { namespaces + "/" + name }
    /// The output of a lab in the background, and of a server that it has started.
    package var log: String { path + "/lab.log" }
    package var serverLog: String { path + "/server.log" }
    package func log(ofNode node: String) -> String {
        path + "/proxy-" + names.node(node).dropFirst(names.prefix.count + "node.".count) + ".log"
    }
    private var record: String { path + "/lab.json" }
    private var lock: String { path + "/lock" }

    /// The names of all namespaces that belong to the lab.
    package var boundNamespaces: [String] {
        // No folder, no names.
        let found = (try? FileManager.default.contentsOfDirectory(atPath: namespaces)) ?? []
        return found.filter { $0.hasPrefix(names.prefix) }.sorted()
    }

    // MARK: The lock

    /// Held by the process that runs the lab, to its end: the system lets go of it whatever that end is like.
    ///
    /// - Returns: the descriptor that holds it; nil if another process does.
    /// - Throws: `SystemFailure` if the folder cannot be made.
    package func takeLock() throws -> Int32? {
        try make()
        let descriptor = open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw SystemFailure("opening \(lock)", code: errno) }
        if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return descriptor }
        close(descriptor)
        return nil
    }

    /// Makes the folder. Nobody else can read what is in it.
    ///
    /// - Throws: `SystemFailure`
    package func make() throws {
        do {
            let mode: [FileAttributeKey: Any] = [.posixPermissions: 0o700]
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: mode)
        } catch {
            throw SystemFailure("making \(path)", code: EACCES)
        }
        guard isOwn else { throw SystemFailure("using \(path), which belongs to somebody else", code: EACCES) }
    }

    /// Whether the folder and the one that it is in are the user's. What others have put there is not believed.
    private var isOwn: Bool {
        [path, String(path.dropLast(names.lab.count + 1))].allSatisfy { folder in
            var status = stat()
            return lstat(folder, &status) == 0 && status.st_uid == geteuid()
        }
    }

    /// Whether a process runs the lab.
    package var isRunning: Bool {
        guard isOwn else { return false }
        let descriptor = open(lock, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        if flock(descriptor, LOCK_EX | LOCK_NB) != 0 { return true }
        flock(descriptor, LOCK_UN)
        return false
    }

    // MARK: The record

    /// Replaces what is known of the running lab. Readers see the old text or the new one.
    package func write(_ report: LabReport) {
        let text = String(decoding: report.value.jsonBytes, as: UTF8.self) + "\n"
        // Only `lab status` and `lab exec` read it, and say that it is missing.
        try? text.write(toFile: record, atomically: true, encoding: .utf8)
    }

    package func report() -> LabReport? {
        guard isOwn, let data = FileManager.default.contents(atPath: record) else { return nil }
        // What is no record is treated as none.
        return (try? JSON.parseStored(Array(data))).flatMap(LabReport.init)
    }

    package func remove() {
        // Whatever cannot be removed is found again by the next lab.
        try? FileManager.default.removeItem(atPath: path)
        // Unless other labs are in it.
        rmdir(String(path.dropLast(names.lab.count + 1)))
    }
}
