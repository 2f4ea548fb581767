package import FairleadEtcd
import Foundation
import Synchronization

/// A member of etcd on loopback, which ends with the test, or with the process if that dies.
package final class EtcdServer: Sendable {
    package let options: EtcdOptions
    private let folder: String
    private let port: Int
    private let peerPort: Int
    private let running = Mutex<Running?>(nil)

    private struct Running {
        var process: Process
        /// While this is open, etcd runs.
        var leash: Pipe
    }

    /// Whether there is an etcd to start.
    package static let isInstalled = program != nil
    private static let program = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        .map { $0 + "/etcd" }.first { FileManager.default.isExecutableFile(atPath: $0) }

    /// - Parameter isSecure: whether it has TLS, and takes only clients with a certificate. Needs openssl.
    package init(isSecure: Bool = false) throws {
        folder = FileManager.default.temporaryDirectory.path + "/fairlead-etcd-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        (port, peerPort) = (try Self.freePort(), try Self.freePort())
        guard let endpoint = EtcdOptions.Endpoint("\(isSecure ? "https" : "http")://127.0.0.1:\(port)") else {
            throw Failure("no endpoint")
        }
        var options = EtcdOptions(endpoints: [endpoint])
        if isSecure {
            options.authorityFile = folder + "/ca.crt"
            options.certificateFile = folder + "/one.crt"
            options.keyFile = folder + "/one.key"
        }
        self.options = options
        if isSecure { try makeCertificates() }
        try start()
    }

    package struct Failure: Error {
        var reason: String
        init(_ reason: String) { self.reason = reason }
    }

    /// An authority, and a certificate that both sides use.
    private func makeCertificates() throws {
        let openssl = Process()
        openssl.executableURL = URL(filePath: "/bin/bash")
        openssl.currentDirectoryURL = URL(filePath: folder)
        openssl.arguments = [
            "-ec",
            """
            new="openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
            $new -x509 -days 2 -subj /CN=authority -keyout ca.key -out ca.crt
            $new -subj /CN=one -keyout one.key -out one.csr
            echo subjectAltName=IP:127.0.0.1 > names
            openssl x509 -req -days 2 -in one.csr -CA ca.crt -CAkey ca.key -CAcreateserial -extfile names -out one.crt
            touch made
            """,
        ]
        openssl.standardError = FileHandle.nullDevice
        openssl.standardOutput = FileHandle.nullDevice
        try openssl.run()
        // Foundation sees the end of a process only when its other children have ended, too.
        for _ in 0..<4000 where !FileManager.default.fileExists(atPath: folder + "/made") { usleep(5000) }
        guard FileManager.default.fileExists(atPath: folder + "/made") else {
            throw Failure("openssl makes no certificates")
        }
    }

    /// Starts it, with the data that it has, and waits until it answers.
    package func start() throws {
        guard let program = Self.program else { throw Failure("no etcd on the PATH") }
        let process = Process()
        process.executableURL = URL(filePath: "/bin/bash")
        let url = options.endpoints[0].text
        let peer = "http://127.0.0.1:\(peerPort)"
        // The shell passes on signals by name, and ends etcd when its input is closed: so it keeps nobody else's open.
        process.arguments = [
            "-c",
            #"""
            for each in /proc/$$/fd/*; do if ((${each##*/} > 2)); then eval "exec ${each##*/}>&-"; fi; done
            "$@" & while read signal && kill -$signal $! && [ $signal != KILL ]; do :; done; kill -9 $!; wait $!
            """#, "bash", program, "--name", "test", "--data-dir",
            folder + "/data", "--listen-client-urls", url, "--advertise-client-urls", url, "--listen-peer-urls", peer,
            "--initial-advertise-peer-urls", peer, "--initial-cluster", "test=\(peer)",
        ]
        if let authority = options.authorityFile, let certificate = options.certificateFile, let key = options.keyFile {
            process.arguments? += [
                "--client-cert-auth", "--trusted-ca-file", authority, "--cert-file", certificate, "--key-file", key,
            ]
        }
        let leash = Pipe()
        process.standardInput = leash
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle(forWritingAtPath: logFile())
        try process.run()
        running.withLock { $0 = Running(process: process, leash: leash) }
        for _ in 0..<400 {
            if Self.answers(port) { return }
            usleep(25_000)
        }
        throw Failure("etcd does not start: see \(folder)/log")
    }

    private func logFile() -> String {
        let path = folder + "/log"
        if !FileManager.default.fileExists(atPath: path) {
            _ = FileManager.default.createFile(atPath: path, contents: nil)
        }
        return path
    }

    /// Stops its work in the middle of whatever it does, until `resume`.
    package func pause() throws { try signal("STOP") }

    package func resume() throws { try signal("CONT") }

    private func signal(_ name: String) throws {
        try running.withLock { try $0?.leash.fileHandleForWriting.write(contentsOf: Array((name + "\n").utf8)) }
    }

    /// Ends it, as a crash would.
    package func kill() {
        guard
            let ended = running.withLock({ running in
                defer { running = nil }
                return running
            })
        else { return }
        // It may have ended already.
        try? ended.leash.fileHandleForWriting.write(contentsOf: Array("KILL\n".utf8))
        try? ended.leash.fileHandleForWriting.close()
        for _ in 0..<400 where Self.answers(port) { usleep(5000) }
    }

    /// Ends it, and removes what it has stored.
    package func remove() {
        kill()
        try? FileManager.default.removeItem(atPath: folder)
    }

    deinit { remove() }

    private static func answers(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var address = loopback(port)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                connect(descriptor, address, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    private static func loopback(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(clamping: port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    private static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failure("no socket") }
        defer { close(descriptor) }
        var address = loopback(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) == 0 && getsockname(descriptor, address, &length) == 0
            }
        }
        guard isBound else { throw Failure("no port") }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
