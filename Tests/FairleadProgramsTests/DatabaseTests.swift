import FairleadContainers
import FairleadModel
import Testing

@testable import FairleadPrograms

struct DatabaseTests {
    private static func start(_ image: String, environment: [(name: String, value: String)] = []) throws -> (
        TestContainer, RunningCommand
    ) {
        let container = try TestContainer(image)
        return (
            container,
            try container.start(container.image.entrypoint + container.image.command, environment: environment)
        )
    }

    @Test func redisSpeaksItsProtocol() async throws {
        let (container, running) = try Self.start("redis:8")
        try await running.wait(for: "* Ready to accept connections tcp\n")
        #expect(
            running.text.contains("Redis is starting") && running.text.contains("Running mode=standalone, port=6379.\n")
        )
        let cases: [(sent: String, expected: String)] = [
            ("PING\r\n", "+PONG\r\n"), ("*1\r\n$4\r\nPING\r\n", "+PONG\r\n"),
            ("*2\r\n$4\r\nPING\r\n$2\r\nhi\r\n", "$2\r\nhi\r\n"),
            ("SET a 1\r\nGET a\r\nINCR a\r\n", "+OK\r\n$1\r\n1\r\n:2\r\n"), ("GET none\r\n", "$-1\r\n"),
            ("DEL a none\r\nEXISTS a\r\n", ":1\r\n:0\r\n"),
            ("RPUSH l x y z\r\nLRANGE l 0 -1\r\n", ":3\r\n*3\r\n$1\r\nx\r\n$1\r\ny\r\n$1\r\nz\r\n"),
            (
                "LLEN l\r\nLPOP l\r\nRPOP l\r\nGET l\r\n",
                ":3\r\n$1\r\nx\r\n$1\r\nz\r\n-WRONGTYPE Operation against a key holding the wrong kind of value\r\n"
            ),
            ("LRANGE l -9223372036854775808 9223372036854775807\r\n", "*1\r\n$1\r\ny\r\n"),
            ("SET k v EX 10\r\nTTL k\r\nKEYS *\r\n", "+OK\r\n:10\r\n*2\r\n$1\r\nk\r\n$1\r\nl\r\n"),
            ("SET n 9223372036854775807\r\nINCR n\r\n", "+OK\r\n-ERR increment or decrement would overflow\r\n"),
            ("APPEND t ab\r\nAPPEND t c\r\nGET t\r\n", ":2\r\n:3\r\n$3\r\nabc\r\n"),
            ("GET\r\n", "-ERR wrong number of arguments for 'get' command\r\n"),
            ("dance\r\n", "-ERR unknown command 'dance', with args beginning with: \r\n"),
            ("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "-ERR wrong number of arguments for 'get' command\r\n"),
            ("*1\r\nx\r\n", "-ERR Protocol error: expected '$', got 'x'\r\n"),
            ("*99999999\r\n", "-ERR Protocol error: invalid multibulk length\r\n"),
            ("*1\r\n$-5\r\n", "-ERR Protocol error: invalid bulk length\r\n"), ("QUIT\r\nPING\r\n", "+OK\r\n"),
        ]
        for (sent, expected) in cases {
            #expect(try await container.raw(6379, sent) == expected, "\(sent.debugDescription)")
        }
        container.clock.advance(by: .seconds(11))
        #expect(try await container.raw(6379, "GET k\r\n") == "$-1\r\n")
        #expect(try await container.raw(6379, "INFO\r\n").contains("redis_version:8.2.1\r\n"))
        #expect(await running.end() == .success)
        #expect(running.text.hasSuffix("Redis is now ready to exit, bye bye...\n"))
    }

    @Test func redisCommandLine() async throws {
        let (container, running) = try Self.start("redis")
        try await running.wait(for: "Ready to accept")
        for (words, expected) in [
            (["ping"], "PONG\n"), (["set", "a", "b c"], "OK\n"), (["-h", "web-0", "get", "a"], "b c\n"),
            (["incr", "n"], "1\n"),
        ] {
            #expect(try await container.run(["redis-cli"] + words).text == expected)
        }
        let refused = try await container.run(["redis-cli", "-p", "7000", "ping"])
        #expect(
            refused.code == 1 && refused.text == "Could not connect to Redis at 127.0.0.1:7000: Connection refused\n")
        #expect(try await container.run(["redis-cli", "--dance"]).code == 1)
    }

    @Test func redisReadsItsConfiguration() async throws {
        let container = try TestContainer("redis", files: ["/etc/redis.conf": "maxmemory 2mb\nport 7777\n"])
        let running = try container.start(["redis-server", "/etc/redis.conf"])
        try await running.wait(for: "port=7777.")
        #expect(try await container.run(["redis-server", "/no"]).code == 1)
    }

    @Test func memcached() async throws {
        let (container, running) = try Self.start("memcached")
        let text = try await container.raw(
            11211,
            "set a 7 0 3\r\nxyz\r\nget a b\r\nadd a 0 0 1\r\nq\r\ndelete a\r\ndelete a\r\nversion\r\ndance\r\nset a\r\n"
        )
        #expect(
            text
                == "STORED\r\nVALUE a 7 3\r\nxyz\r\nEND\r\nNOT_STORED\r\nDELETED\r\nNOT_FOUND\r\nVERSION "
                + "1.6.39\r\nERROR\r\n"
                + "CLIENT_ERROR bad data chunk\r\n")
        #expect(await running.end() == .success)
    }

    @Test(arguments: [
        ("mysql:8.4", "[ERROR] [Entrypoint]: Database is uninitialized and password option is not specified\n"),
        ("mariadb:11", "[ERROR] [Entrypoint]: Database is uninitialized and password option is not specified\n"),
        ("postgres:17", "Error: Database is uninitialized and superuser password is not specified.\n"),
    ])
    func databasesWantAPassword(image: String, message: String) async throws {
        let (_, running) = try Self.start(image)
        #expect(await running.status() == .failure)
        #expect(running.text.contains(message))
    }

    @Test(arguments: [
        ("mysql:8.4", "MYSQL_ROOT_PASSWORD", "ready for connections. Version: '8.4.0'", UInt16(3306)),
        ("mysql", "MYSQL_ALLOW_EMPTY_PASSWORD", "port: 3306", 3306),
        ("mariadb", "MARIADB_ROOT_PASSWORD", "mariadbd: ready for connections.", 3306),
        ("postgres:17.6", "POSTGRES_PASSWORD", "LOG:  database system is ready to accept connections\n", 5432),
        ("postgres", "POSTGRES_HOST_AUTH_METHOD", "listening on IPv4 address \"0.0.0.0\", port 5432", 5432),
    ])
    func databasesStart(image: String, variable: String, line: String, port: UInt16) async throws {
        let value = variable.hasSuffix("METHOD") ? "trust" : "secret"
        let (container, running) = try Self.start(image, environment: [(variable, value)])
        try await running.wait(for: line)
        let greeting = try await container.raw(port, "GET / HTTP/1.1\r\n\r\n")
        #expect(port == 5432 ? greeting.isEmpty : greeting.contains("caching_sha2_password"))
        let isPostgres = port == 5432
        let up = try await container.run([isPostgres ? "pg_isready" : "mysqladmin"] + (isPostgres ? [] : ["ping"]))
        #expect(
            up.code == 0
                && up.text == (isPostgres ? "/var/run/postgresql:5432 - accepting connections\n" : "mysqld is alive\n"))
        #expect(await running.end() == .success)
        #expect(try await container.run([isPostgres ? "pg_isready" : "mysqladmin"]).code == (isPostgres ? 2 : 1))
    }

    @Test func zookeeper() async throws {
        let (container, running) = try Self.start("zookeeper")
        #expect(try await container.raw(2181, "ruok") == "imok")
        #expect(try await container.raw(2181, "what") == "")
        #expect(await running.end().code == 143)
    }
}
