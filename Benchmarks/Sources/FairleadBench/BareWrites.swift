import Foundation

/// The yardstick of a fan-out: a loop that does nothing but write the same bytes to the same number of sockets. Its
/// clients are those of the server, as it answers each request with a head and then with lines in chunks.
struct BareWrites {
    var connections: Int
    var events: Int
    /// Of each event, as a chunk.
    var bytes: Int

    /// - Parameter report: gets the port, then that all are connected.
    /// - Returns: Processor time and time by the clock, of the writes alone.
    func run(report: (String) -> Void) throws -> (processor: Double, elapsed: Duration) {
        let listener = try check(socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0), "socket")
        defer { close(listener) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        try withUnsafeMutablePointer(to: &address) { pointer in
            try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                _ = try check(bind(listener, generic, length), "bind")
                _ = try check(listen(listener, 4096), "listen")
                _ = try check(getsockname(listener, generic, &length), "getsockname")
            }
        }
        report("port=\(UInt16(bigEndian: address.sin_port))")
        var sockets: [Int32] = []
        defer { for socket in sockets { close(socket) } }
        var request = [UInt8](repeating: 0, count: 4096)
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        while sockets.count < connections {
            let socket = try check(accept(listener, nil, nil), "accept")
            sockets.append(socket)
            _ = try check(Int32(read(socket, &request, request.count)), "read")
            try write(Array(head.utf8), to: socket)
        }
        report("connected=\(sockets.count)")
        guard readLine() != nil else { throw BenchError("nobody said when to begin") }
        let framing = String(bytes, radix: 16).utf8.count + 4
        let line = "{" + String(repeating: "a", count: max(0, bytes - framing - 3)) + "}\n"
        let chunk = Array("\(String(line.utf8.count, radix: 16))\r\n\(line)\r\n".utf8)
        let (before, start) = (Self.processorTime(), ContinuousClock.now)
        for _ in 0..<events {
            for socket in sockets { try write(chunk, to: socket) }
        }
        let result = (Self.processorTime() - before, ContinuousClock.now - start)
        report("written")
        // The sockets stay open until all has been counted.
        _ = readLine()
        return result
    }

    private func write(_ bytes: [UInt8], to socket: Int32) throws {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { send(socket, $0.baseAddress! + done, $0.count - done, 0) }
            done += Int(try check(Int32(count), "send"))
        }
    }

    private func check(_ result: Int32, _ call: String) throws -> Int32 {
        guard result >= 0 else { throw BenchError("\(call): \(String(cString: strerror(errno)))") }
        return result
    }

    /// Seconds.
    private static func processorTime() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
