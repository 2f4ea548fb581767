#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// How many files, connections included, the process may have open.
package enum FileLimit {
    /// Lets the process open as many as the administrator allows, and says how many that is.
    @discardableResult
    package static func raise() -> Int {
        #if canImport(Glibc)
            let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        #else
            let resource = RLIMIT_NOFILE
        #endif
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0 else { return 1024 }
        if limit.rlim_cur < limit.rlim_max {
            var raised = limit
            raised.rlim_cur = limit.rlim_max
            if setrlimit(resource, &raised) == 0 { limit = raised }
        }
        return Int(clamping: limit.rlim_cur)
    }

    /// The files left for connections. If the limit is small, half of it: the rest of the program needs some, too.
    static func left(of limit: Int, reserved: Int) -> Int { max(1, limit - min(reserved, limit / 2)) }
}
