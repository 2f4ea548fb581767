import FairleadContainers
import FairleadModel

/// pg_isready, and `mysqladmin ping`: whether a database takes connections.
struct DatabasePing: Program {
    let isPostgres: Bool

    func run(_ process: Process) async -> ExitStatus {
        var host = "127.0.0.1"
        var port: UInt16 = isPostgres ? 5432 : 3306
        let arguments = process.arguments1
        for (index, argument) in arguments.enumerated() {
            let next = index + 1 < arguments.count ? arguments[index + 1] : ""
            if argument == "-h" { host = next }
            if argument.hasPrefix("--host=") { host = String(argument.dropFirst(7)) }
            if argument == (isPostgres ? "-p" : "-P") { port = UInt16(next) ?? port }
            if argument.hasPrefix("--port=") { port = UInt16(argument.dropFirst(7)) ?? port }
            if argument.hasPrefix("-h"), argument.count > 2 { host = String(argument.dropFirst(2)) }
        }
        let isUp: Bool
        do throws(NetworkError) {
            let addresses = try await HostResolver(process.world).addresses(of: host, within: .seconds(3))
            guard let address = addresses.first else { throw .nameNotFound(host) }
            try await process.world.network.connect(to: NetworkAddress(address, port), within: .seconds(3)).close()
            isUp = true
        } catch {
            isUp = false
        }
        if isPostgres {
            let place = host == "127.0.0.1" && !arguments.contains("-h") ? "/var/run/postgresql" : host
            await process.print("\(place):\(port) - \(isUp ? "accepting connections" : "no response")")
            return ExitStatus(isUp ? 0 : 2)
        }
        if isUp {
            await process.print("mysqld is alive")
            return .success
        }
        await process.complain(
            "mysqladmin: connect to server at '\(host)' failed\nerror: 'Can't connect to MySQL server on "
                + "'\(host):\(port)' (111)'"
        )
        return .failure
    }
}
