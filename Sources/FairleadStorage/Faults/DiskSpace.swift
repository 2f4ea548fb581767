#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The free space of a file system.
enum DiskSpace {
    /// What is wrong with the file system that holds the folder, or nil: less than 64 MiB are free, or less than a
    /// twentieth of a small one. A file system that does not report its size is not a fault.
    static func fault(of folder: String) -> String? {
        var figures = statvfs()
        guard statvfs(folder, &figures) == 0, figures.f_blocks > 0 else { return nil }
        return fault(
            free: UInt64(figures.f_bavail).multipliedReportingOverflow(by: UInt64(figures.f_frsize)).partialValue,
            total: UInt64(figures.f_blocks).multipliedReportingOverflow(by: UInt64(figures.f_frsize)).partialValue,
            folder: folder)
    }

    static func fault(free: UInt64, total: UInt64, folder: String) -> String? {
        guard free < min(64 << 20, total / 20) else { return nil }
        return "the file system of \(folder) has \(free >> 10) KiB left: make room"
    }
}
