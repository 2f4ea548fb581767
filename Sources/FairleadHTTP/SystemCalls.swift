#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The few system calls that NIO does not offer.
enum SystemCalls {
    @Sendable static func unixSeconds() -> Int64 {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec)
    }

    /// Blocks the thread.
    static func pause(microseconds: UInt32) { usleep(microseconds) }

    /// Gives other threads of this machine precedence. On Linux, priorities belong to threads; elsewhere they belong to
    /// the process, whose priority is left alone. Calling this again changes nothing.
    static func lowerPriorityOfThisThread() {
        #if os(Linux)
            _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)
        #endif
    }
}
