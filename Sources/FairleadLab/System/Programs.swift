import CFairleadNamespaces
import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Programs that the lab starts: `ip`, `nft`, the agents of the nodes. The calls block; a program runs in the network
/// namespace of the thread that starts it.
enum Programs {
    struct Result {
        let status: Int32
        /// Standard output and error.
        let output: String
    }

    /// The path of a program, from $PATH or where administrators' programs are; nil if there is none.
    static func find(_ name: String) -> String? {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
        return (folders + ["/usr/sbin", "/sbin", "/usr/bin"]).map { $0 + "/" + name }
            .first { access($0, X_OK) == 0 }
    }

    /// Runs a program to its end.
    static func run(_ path: String, _ arguments: [String], input: String) throws(SystemFailure) -> Result {
        let given = try scratchFile()
        defer { close(given) }
        let taken = try scratchFile()
        defer { close(taken) }
        try write(input, to: given)
        lseek(given, 0, SEEK_SET)
        let process = try start(path, arguments, input: given, output: taken, leadsSession: false)
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 {
            if errno != EINTR { throw SystemFailure("waiting for \(path)", code: errno) }
        }
        return Result(status: exitStatus(status), output: contents(of: taken))
    }

    /// Starts a program. Whoever calls this waits for it with `hasEnded`.
    static func start(
        _ path: String, _ arguments: [String], input: Int32, output: Int32, leadsSession: Bool
    ) throws(SystemFailure) -> pid_t {
        let block = self.block([path] + arguments)
        return try SystemFailure.check(
            fairlead_spawn(path, block, block.count, input, output, leadsSession), "starting \(path)")
    }

    /// The exit status of a child process that has ended (128 and more for signals); nil while it runs.
    static func exitStatusIfEnded(_ process: pid_t) -> Int32? {
        var status: Int32 = 0
        let found = waitpid(process, &status, WNOHANG)
        if found == 0 { return nil }
        // Nobody's child: it has ended, and nobody knows how.
        return found < 0 ? 255 : exitStatus(status)
    }

    /// Texts as C functions of this program take them: each with a zero byte at its end.
    static func block(_ texts: [String]) -> [CChar] {
        texts.flatMap { text in text.utf8.filter { $0 != 0 }.map { CChar(bitPattern: $0) } + [0] }
    }

    private static func exitStatus(_ status: Int32) -> Int32 {
        let signal = status & 0x7F
        return signal == 0 ? status >> 8 & 0xFF : 128 + signal
    }

    private static func scratchFile() throws(SystemFailure) -> Int32 {
        try SystemFailure.check(fairlead_scratch_file(), "making a file in memory")
    }

    private static func write(_ text: String, to descriptor: Int32) throws(SystemFailure) {
        var rest = Array(text.utf8)
        while !rest.isEmpty {
            #if canImport(Glibc)
                let written = Glibc.write(descriptor, rest, rest.count)
            #elseif canImport(Musl)
                let written = Musl.write(descriptor, rest, rest.count)
            #else
                let written = Darwin.write(descriptor, rest, rest.count)
            #endif
            guard written > 0 else {
                if errno == EINTR { continue }
                throw SystemFailure("writing to a file in memory", code: errno)
            }
            rest.removeFirst(written)
        }
    }

    /// At most 64 KiB: the rest of an output that long would help nobody.
    private static func contents(of descriptor: Int32) -> String {
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        lseek(descriptor, 0, SEEK_SET)
        let count = read(descriptor, &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }
}
