#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The few calls to the operating system that NIO does not offer.
enum SystemCalls {
    @Sendable static func unixSeconds() -> Int64 {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec)
    }

    /// Lets other threads of this machine come first. On Linux a priority belongs to a thread, elsewhere to the process,
    /// which is then left as it is. Lowering it again changes nothing.
    static func lowerPriorityOfThisThread() {
        #if os(Linux)
            _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)
        #endif
    }
}
