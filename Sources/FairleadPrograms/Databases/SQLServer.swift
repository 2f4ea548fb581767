import FairleadContainers
import FairleadModel

/// MySQL, MariaDB and PostgreSQL as far as their images' start rules and logs go: no query is answered.
struct SQLServer: Program {
    enum Kind: Sendable { case mysql, mariadb, postgres }

    let kind: Kind
    let version: String

    func run(_ process: Process) async -> ExitStatus {
        if process.arguments.contains("--version") || process.arguments.contains("-V") {
            let name =
                kind == .postgres ? "postgres (PostgreSQL) \(version)" : "mysqld  Ver \(version) for Linux on x86_64"
            await process.print(name)
            return .success
        }
        if let complaint = missingPassword(process) {
            for line in complaint { await process.complain(line) }
            return .failure
        }
        let port = listeningPort(process)
        let greeting = kind == .postgres ? nil : Self.greeting(version)
        let listening: any Listening
        do throws(NetworkError) {
            listening = try process.world.network.listen(on: port, address: nil) { connection in
                defer { connection.close() }
                if let greeting {
                    // Whoever has gone needs no greeting.
                    try? await connection.output.write(greeting)
                    _ = await connection.input.read(upTo: 65_536)
                    return
                }
                guard let start = await connection.input.read(upTo: 65_536) else { return }
                // A request for encryption is refused, as without certificates; anything else ends the connection.
                if start.count >= 8, Array(start[4..<8]) == [0x04, 0xD2, 0x16, 0x2F] {
                    try? await connection.output.write("N")
                    _ = await connection.input.read(upTo: 65_536)
                }
            }
        } catch {
            await process.complain("could not bind IPv4 address \"0.0.0.0\": \(error)")
            return .failure
        }
        defer { listening.close() }
        for line in banner(process, port) { await process.complain(line) }
        while let signal = await process.signals.next() {
            guard signal == .terminate || signal == .interrupt else { continue }
            for line in farewell(process, signal) { await process.complain(line) }
            return .success
        }
        return .killed
    }

    private func has(_ names: [String], _ process: Process) -> Bool {
        names.contains { !(process.variable($0) ?? "").isEmpty || !(process.variable($0 + "_FILE") ?? "").isEmpty }
    }

    private func listeningPort(_ process: Process) -> UInt16 {
        let arguments = process.arguments
        for (index, argument) in arguments.enumerated() {
            if argument.hasPrefix("--port="), let port = UInt16(argument.dropFirst(7)) { return port }
            if argument == "-p", index + 1 < arguments.count, let port = UInt16(arguments[index + 1]) { return port }
        }
        return kind == .postgres ? process.variable("PGPORT").flatMap { UInt16($0) } ?? 5432 : 3306
    }

    /// What the image's entry point says if it may not make an account.
    private func missingPassword(_ process: Process) -> [String]? {
        switch kind {
        case .mysql:
            let names = ["MYSQL_ROOT_PASSWORD", "MYSQL_ALLOW_EMPTY_PASSWORD", "MYSQL_RANDOM_ROOT_PASSWORD"]
            if has(names, process) { return nil }
            return [
                entry(process, "Note", "Entrypoint script for MySQL Server \(version)-1.el9 started."),
                entry(process, "ERROR", "Database is uninitialized and password option is not specified"),
                "    You need to specify one of the following as an environment variable:",
                "    - MYSQL_ROOT_PASSWORD", "    - MYSQL_ALLOW_EMPTY_PASSWORD", "    - MYSQL_RANDOM_ROOT_PASSWORD",
            ]
        case .mariadb:
            let words = ["ROOT_PASSWORD", "ROOT_PASSWORD_HASH", "ALLOW_EMPTY_ROOT_PASSWORD", "RANDOM_ROOT_PASSWORD"]
            let names =
                words.map { "MARIADB_" + $0 } + [
                    "MYSQL_ROOT_PASSWORD", "MYSQL_ALLOW_EMPTY_PASSWORD", "MYSQL_RANDOM_ROOT_PASSWORD",
                ]
            if has(names, process) { return nil }
            return [
                entry(process, "Note", "Entrypoint script for MariaDB Server 1:\(version)+maria~ubu2404 started."),
                entry(process, "ERROR", "Database is uninitialized and password option is not specified"),
                "\tYou need to specify one of MARIADB_ROOT_PASSWORD, MARIADB_ROOT_PASSWORD_HASH, "
                    + "MARIADB_ALLOW_EMPTY_ROOT_PASSWORD and MARIADB_RANDOM_ROOT_PASSWORD",
            ]
        case .postgres:
            if has(["POSTGRES_PASSWORD"], process) || process.variable("POSTGRES_HOST_AUTH_METHOD") == "trust" {
                return nil
            }
            return [
                "Error: Database is uninitialized and superuser password is not specified.",
                "       Set POSTGRES_PASSWORD to a text that is not empty, or",
                "       POSTGRES_HOST_AUTH_METHOD=trust, which lets everybody in.",
            ]
        }
    }

    private func entry(_ process: Process, _ level: String, _ text: String) -> String {
        let date = process.world.now().rfc3339
        return "\(date.prefix(10)) \(date.dropFirst(11).prefix(8))+00:00 [\(level)] [Entrypoint]: \(text)"
    }

    private func banner(_ process: Process, _ port: UInt16) -> [String] {
        let now = process.world.now()
        let micro = now.rfc3339Micro
        switch kind {
        case .mysql:
            return [
                entry(process, "Note", "Entrypoint script for MySQL Server \(version)-1.el9 started."),
                entry(process, "Note", "Initializing database files"),
                entry(process, "Note", "MySQL init process done. Ready for start up."),
                "\(micro) 0 [System] [MY-010116] [Server] /usr/sbin/mysqld (mysqld \(version)) starting as process 1",
                "\(micro) 1 [System] [MY-013576] [InnoDB] InnoDB initialization has started.",
                "\(micro) 1 [System] [MY-013577] [InnoDB] InnoDB initialization has ended.",
                "\(micro) 0 [System] [MY-010931] [Server] /usr/sbin/mysqld: ready for connections. Version: "
                    + "'\(version)'  "
                    + "socket: '/var/run/mysqld/mysqld.sock'  port: \(port)  MySQL Community Server - GPL.",
            ]
        case .mariadb:
            let date = "\(micro.prefix(10)) \(micro.dropFirst(11).prefix(8)) 0"
            return [
                entry(process, "Note", "Entrypoint script for MariaDB Server 1:\(version)+maria~ubu2404 started."),
                entry(process, "Note", "Initializing database files"),
                entry(process, "Note", "MariaDB init process done. Ready for start up."),
                "\(date) [Note] Starting MariaDB \(version)-MariaDB-ubu2404 server_uid as process 1",
                "\(date) [Note] Server socket created on IP: '0.0.0.0', port: '\(port)'.",
                "\(date) [Note] mariadbd: ready for connections.",
                "Version: '\(version)-MariaDB-ubu2404'  socket: '/run/mysqld/mysqld.sock'  port: \(port)  "
                    + "mariadb.org binary distribution",
            ]
        case .postgres:
            return [
                "", "PostgreSQL init process complete; ready for start up.", "",
                log(process, "starting PostgreSQL \(version) (Debian \(version)-1.pgdg13+1) on x86_64-pc-linux-gnu"),
                log(process, "listening on IPv4 address \"0.0.0.0\", port \(port)"),
                log(process, "listening on IPv6 address \"::\", port \(port)"),
                log(process, "listening on Unix socket \"/var/run/postgresql/.s.PGSQL.\(port)\""),
                log(
                    process, "database system was shut down at \(micro.prefix(10)) \(micro.dropFirst(11).prefix(8)) UTC"
                ),
                log(process, "database system is ready to accept connections"),
            ]
        }
    }

    /// A line of PostgreSQL's log.
    private func log(_ process: Process, _ text: String) -> String {
        let micro = process.world.now().rfc3339Micro
        return "\(micro.prefix(10)) \(micro.dropFirst(11).prefix(12)) UTC [1] LOG:  \(text)"
    }

    private func farewell(_ process: Process, _ signal: ProcessSignal) -> [String] {
        let micro = process.world.now().rfc3339Micro
        switch kind {
        case .mysql:
            return [
                "\(micro) 0 [System] [MY-013172] [Server] Received SHUTDOWN from user <via user signal>. "
                    + "Shutting down mysqld "
                    + "(Version: \(version)).",
                "\(micro) 0 [System] [MY-010910] [Server] /usr/sbin/mysqld: Shutdown complete (mysqld "
                    + "\(version))  MySQL Community Server - GPL.",
            ]
        case .mariadb:
            let date = "\(micro.prefix(10)) \(micro.dropFirst(11).prefix(8)) 0"
            return [
                "\(date) [Note] mariadbd (initiated by: unknown): Normal shutdown",
                "\(date) [Note] mariadbd: Shutdown complete",
            ]
        case .postgres:
            let kind = signal == .terminate ? "smart" : "fast"
            return [log(process, "received \(kind) shutdown request"), log(process, "database system is shut down")]
        }
    }

    /// The first packet of MySQL's protocol, version 10.
    private static func greeting(_ version: String) -> [UInt8] {
        var body: [UInt8] = [10] + Array(version.utf8) + [0, 8, 0, 0, 0]
        body += Array("fairlead".utf8) + [0, 0xFF, 0xF7, 0xFF, 2, 0, 0xFF, 0xDF, 21] + [UInt8](repeating: 0, count: 10)
        body += Array("simulated123".utf8) + [0] + Array("caching_sha2_password".utf8) + [0]
        return [UInt8(truncatingIfNeeded: body.count), 0, 0, 0] + body
    }
}
