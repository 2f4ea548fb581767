import CFairleadNamespaces
import NIOPosix

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A thread that may enter network namespaces, and leaves them again. Everything that takes long in the lab happens
/// here, one thing after the other.
///
/// Processes that are started here are told to end when the thread ends, so it lives as long as the lab.
package final class NamespaceThread: Sendable {
    private let pool: NIOThreadPool

    package init() {
        pool = NIOThreadPool(numberOfThreads: 1)
        pool.start()
    }

    /// Runs the work, also if the task has been cancelled.
    func run<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            pool.submit { state in
                guard case .active = state else {
                    continuation.resume(throwing: SystemFailure("working in a lab that has ended", code: ECANCELED))
                    return
                }
                continuation.resume(with: Swift.Result { try work() })
            }
        }
    }

    package func shutdown() async {
        // It fails only if somebody has shut it down already.
        try? await pool.shutdownGracefully()
    }
}

/// Network namespaces by the paths that they are bound to. The calls block.
enum Namespaces {
    /// Runs the body in the namespace; sockets and processes made there stay there.
    ///
    /// Only for threads that do nothing else: in a user namespace there is no way back to the machine's network, and the
    /// thread stays where it is.
    static func inside<Result>(_ path: String, _ body: () throws -> Result) throws -> Result {
        let home = try open("/proc/thread-self/ns/net")
        defer { close(home) }
        let other = try open(path)
        defer { close(other) }
        try SystemFailure.check(fairlead_namespace_enter(other), "entering the network namespace \(path)")
        defer {
            let result = fairlead_namespace_enter(home)
            precondition(result == 0 || result == -EPERM, "a thread cannot leave its network namespace")
        }
        return try body()
    }

    static func open(_ path: String) throws(SystemFailure) -> Int32 {
        try SystemFailure.check(fairlead_namespace_open(path), "opening the network namespace \(path)")
    }

    static func makeDirectory(_ path: String) throws(SystemFailure) {
        try SystemFailure.check(fairlead_namespace_directory(path), "preparing \(path)")
    }

    static func create(_ path: String) throws(SystemFailure) {
        try SystemFailure.check(fairlead_namespace_create(path), "making the network namespace \(path)")
    }

    static func remove(_ path: String) throws(SystemFailure) {
        try SystemFailure.check(fairlead_namespace_remove(path), "removing the network namespace \(path)")
    }

    /// Sets a value below /proc/sys/net for the thread's namespace. Settings that the kernel does not have are left out;
    /// so are those of bridges where only the machine's root may change them.
    static func set(_ setting: String, to value: String) throws(SystemFailure) {
        let path = "/proc/sys/net/" + setting
        let descriptor = fairlead_namespace_setting(path)
        if descriptor == -ENOENT || descriptor == -EACCES && setting.hasPrefix("bridge/") { return }
        try SystemFailure.check(descriptor, "opening \(path)")
        defer { close(descriptor) }
        if write(descriptor, value, value.utf8.count) < 0 {
            throw SystemFailure("setting \(path) to \(value)", code: errno)
        }
    }
}
