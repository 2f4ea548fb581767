import FairleadContainers

/// Prints the arguments that it was started with.
struct EntrypointTesterCommand: AgnhostCommand {
    static let name = "entrypoint-tester"

    func run(_ process: Process, _ flags: CommandFlags) async -> ExitStatus {
        await process.print("[\(process.arguments.joined(separator: " "))]")
        return .success
    }
}

struct EtcHostsCommand: AgnhostCommand {
    static let name = "etc-hosts"

    func run(_ process: Process, _ flags: CommandFlags) async -> ExitStatus {
        do throws(FileError) {
            await process.print(String(decoding: try process.read("/etc/hosts"), as: UTF8.self))
            return .success
        } catch {
            await process.complain("panic: open /etc/hosts: \(error.description.lowercased())")
            return ExitStatus(2)
        }
    }
}

/// The search domains, separated by commas.
struct DNSSuffixCommand: AgnhostCommand {
    static let name = "dns-suffix"

    func run(_ process: Process, _ flags: CommandFlags) async -> ExitStatus {
        await ResolverFile.printValues(of: "search", process)
    }
}

/// The values of the first line that names a server.
struct DNSServerListCommand: AgnhostCommand {
    static let name = "dns-server-list"

    func run(_ process: Process, _ flags: CommandFlags) async -> ExitStatus {
        await ResolverFile.printValues(of: "nameserver", process)
    }
}

private enum ResolverFile {
    static func printValues(of keyword: String, _ process: Process) async -> ExitStatus {
        do throws(FileError) {
            let text = String(decoding: try process.read("/etc/resolv.conf"), as: UTF8.self)
            for line in text.split(separator: "\n") {
                let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
                guard words.first.map(String.init) == keyword else { continue }
                await process.print(words.dropFirst().joined(separator: ","))
                return .success
            }
            await process.complain("panic: unable to find \(keyword) in /etc/resolv.conf")
        } catch {
            await process.complain("panic: open /etc/resolv.conf: \(error.description.lowercased())")
        }
        return ExitStatus(2)
    }
}

/// Prints the user whose rights it has.
struct NoNewPrivilegesCommand: AgnhostCommand {
    static let name = "nonewprivs"

    func run(_ process: Process, _ flags: CommandFlags) async -> ExitStatus {
        await process.print("Effective uid: \(process.credentials.user)")
        return .success
    }
}
