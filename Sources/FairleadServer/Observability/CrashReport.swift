import CFairleadCrash

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The report that a crash writes to standard error, in the format of the log.
package enum CrashReport {
    /// Call once, before anything else.
    package static func install(format: ServerConfiguration.LogFormat) {
        // Read when Swift code can no longer run, so the copies are never freed.
        fairlead_crash_install(strdup(FairleadVersion.current), strdup(advice), format == .json)
    }

    static let advice = """
        every answered write is in the data file: start it again; if it dies again, \
        `fairlead check --data FILE` examines the file, and docs/crashes.md says more \
        (addresses: addr2line -Cfipe fairlead ADDRESS; names: swift demangle)
        """
}
