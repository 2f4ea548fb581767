import FairleadModel
import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Processes that belong to a lab without being in it: its server, and the lab itself if it runs in the background.
package struct LabProcess: Sendable {
    package let id: Int32
    /// Where its output goes.
    package let log: String

    /// Starts this program with other arguments. Its output replaces what is in the log.
    ///
    /// - Parameters:
    ///   - leadsSession: whether it outlives the thread that calls this, and the terminal.
    /// - Throws: `SystemFailure`
    package static func start(_ command: [String], log: String, leadsSession: Bool) throws -> LabProcess {
        guard let program = command.first else { throw SystemFailure("running nothing", code: EINVAL) }
        let output = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard output >= 0 else { throw SystemFailure("opening \(log)", code: errno) }
        defer { close(output) }
        let nothing = open("/dev/null", O_RDONLY | O_CLOEXEC)
        guard nothing >= 0 else { throw SystemFailure("opening /dev/null", code: errno) }
        defer { close(nothing) }
        let id = try Programs.start(
            program, Array(command.dropFirst()), input: nothing, output: output, leadsSession: leadsSession)
        return LabProcess(id: id, log: log)
    }

    /// nil while it runs.
    package func exitStatus() -> Int32? { Programs.exitStatusIfEnded(id) }

    package var output: String {
        // A log that is not there says nothing.
        (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
    }

    package func tell(_ signal: Int32) { kill(id, signal) }

    /// Whether this user may make user namespaces and networks in them.
    package static func mayMakeUserNamespaces() -> Bool {
        guard let unshare = Programs.find("unshare") else { return false }
        let arguments = ["--user", "--map-root-user", "--mount", "--net", "--", "true"]
        // If it cannot be run, there is no other way either.
        return (try? Programs.run(unshare, arguments, input: ""))?.status == 0
    }

    /// The path of a program, or its name if it is nowhere.
    package static func path(of program: String) -> String { Programs.find(program) ?? program }

    /// The path of this program.
    package static var own: String {
        // Where /proc is missing, there are no labs either.
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    }
}

/// Blocks the thread, which is one of the lab's own.
enum Pause {
    static func short() { usleep(50_000) }
}
