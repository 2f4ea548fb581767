import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// How long the last datagram read had been waiting in the socket's queue.
///
/// The kernel stamps datagrams with the wall clock: a clock jump counts as waiting time only for datagrams that were in
/// the queue at that moment.
enum DatagramAge {
    /// `SIOCGSTAMPNS` of <asm-generic/sockios.h>, which Swift does not import.
    private static let stampRequest: UInt = 0x8907

    /// Seconds; nil if the system does not tell. The first call turns time stamps on.
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
