import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// How long the datagram read last had waited in the socket's queue.
///
/// The kernel stamps datagrams by the wall clock only: a jump of it counts as waiting for those that were in the queue
/// just then, and for no others.
enum DatagramAge {
    /// `SIOCGSTAMPNS` of <asm-generic/sockios.h>, which Swift does not import.
    private static let stampRequest: UInt = 0x8907

    /// Seconds; nil where the system does not say. The first call turns stamping on.
    static func ofLast(_ socket: CInt) -> Double? {
        #if os(Linux)
            var stamp = timespec()
            guard ioctl(socket, stampRequest, &stamp) == 0 else { return nil }
            var now = timespec()
            clock_gettime(CLOCK_REALTIME, &now)
            return Double(now.tv_sec - stamp.tv_sec) + Double(now.tv_nsec - stamp.tv_nsec) / 1e9
        #else
            return nil
        #endif
    }
}
