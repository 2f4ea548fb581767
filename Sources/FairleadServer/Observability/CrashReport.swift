import CFairleadCrash

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The report that a crash leaves on standard error, in the format of the log.
package enum CrashReport {
    /// Call once, first.
    package static func install(format: ServerConfiguration.LogFormat) {
        // Read when there is no Swift any more: given away for good.
        fairlead_crash_install(strdup(FairleadVersion.current), strdup(advice), format == .json)
    }

    static let advice = """
        every answered write is in the data file: start it again; if it dies again, \
        `fairlead check --data FILE` examines the file, and docs/crashes.md says more \
        (addresses: addr2line -Cfipe fairlead ADDRESS; names: swift demangle)
        """
}
