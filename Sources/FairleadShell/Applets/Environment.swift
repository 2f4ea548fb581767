import FairleadApplets
import FairleadContainers
import FairleadModel

extension Applets {
    /// What tells about the process and the machine.
    static let environment: [String: Applet] = [
        "env": Applet(env),
        "printenv": Applet { process in
            if process.words.isEmpty {
                for (name, value) in process.environment { try await process.put("\(name)=\(value)") }
                return 0
            }
            var status: Int32 = 0
            for name in process.words {
                if let value = process.variable(name) { try await process.put(value) } else { status = 1 }
            }
            return status
        },
        "id": Applet(id),
        "whoami": Applet { process in
            let user = process.credentials.user
            guard let name = AccountNames(process).user(user) else {
                throw AppletFailure("unknown uid \(user)")
            }
            try await process.put(name)
            return 0
        },
        "groups": Applet { process in
            let names = AccountNames(process)
            let all = names.all(of: process.credentials).map { names.group($0) ?? String($0) }
            try await process.put(all.joined(separator: " "))
            return 0
        },
        "hostname": Applet(hostname),
        "uname": Applet(uname),
        "arch": Applet { process in
            try await process.put("x86_64")
            return 0
        },
        "nproc": Applet { process in
            try await process.put("4")
            return 0
        },
        "tty": Applet { process in
            try await process.put(process.isTerminal ? "/dev/pts/0" : "not a tty")
            return process.isTerminal ? 0 : 1
        },
        "sleep": Applet(sleep),
        "free": Applet(free),
        "uptime": Applet { process in
            let now = process.world.now()
            let began = process.world.processes.entry(1)?.started ?? now
            let minutes = max(0, now.seconds -| began.seconds) / 60
            let clock = now.rfc3339.dropFirst(11).prefix(8)
            try await process.put(" \(clock) up \(minutes) min,  0 users,  load average: 0.00, 0.00, 0.00")
            return 0
        },
        "which": Applet { process in
            var status: Int32 = 0
            for name in process.words where !name.hasPrefix("-") {
                if let path = SearchPath.file(name, for: process) { try await process.put(path) } else { status = 1 }
            }
            return status
        },
        "date": Applet(date),
        "sysctl": Applet(sysctl),
    ]

    private static func env(_ process: Process) async throws -> Int32 {
        var child = process
        var words = process.words[...]
        while let word = words.first {
            if word == "-i" || word == "-" {
                child.environment = []
            } else if word == "-u", words.count > 1 {
                words.removeFirst()
                let name = words[words.startIndex]
                child.environment.removeAll { $0.name == name }
            } else if word == "--" {
                words.removeFirst()
                break
            } else if let equals = word.firstIndex(of: "="), equals != word.startIndex {
                let name = String(word[..<equals])
                child.environment.removeAll { $0.name == name }
                child.environment.append((name, String(word[word.index(after: equals)...])))
            } else if word.hasPrefix("-") {
                throw AppletFailure("unrecognized option: \(word.dropFirst())")
            } else {
                break
            }
            words.removeFirst()
        }
        guard !words.isEmpty else {
            var output = BufferedOutput(process.output)
            for (name, value) in child.environment { try await output.line("\(name)=\(value)") }
            try await output.flush()
            return 0
        }
        child.arguments = Array(words)
        return try await process.start(child)
    }

    private static func id(_ process: Process) async throws -> Int32 {
        let options = try AppletOptions(process.words, "ugGnr")
        let names = AccountNames(process)
        var user = process.credentials
        if let name = options.operands.first {
            guard let number = names.user(named: name) else { throw AppletFailure("unknown user \(name)") }
            user = Credentials(user: number, group: number)
        }
        let groups = names.all(of: user)
        func shown(_ id: UInt32, _ name: String?) -> String { options.has("n") ? name ?? String(id) : String(id) }
        if options.has("u") {
            try await process.put(shown(user.user, names.user(user.user)))
        } else if options.has("g") {
            try await process.put(shown(user.group, names.group(user.group)))
        } else if options.has("G") {
            try await process.put(groups.map { shown($0, names.group($0)) }.joined(separator: " "))
        } else {
            func full(_ id: UInt32, _ name: String?) -> String { name.map { "\(id)(\($0))" } ?? String(id) }
            let list = groups.map { full($0, names.group($0)) }.joined(separator: ",")
            let own = full(user.group, names.group(user.group))
            try await process.put("uid=\(full(user.user, names.user(user.user))) gid=\(own) groups=\(list)")
        }
        return 0
    }

    private static func hostname(_ process: Process) async throws -> Int32 {
        let options = try AppletOptions(process.words, "fisdI", long: ["fqdn": "f"])
        let name = process.world.hostname
        if !options.operands.isEmpty { throw AppletFailure("sethostname: Operation not permitted") }
        if options.has("i") || options.has("I") {
            let addresses = process.world.network.addresses.map(\.description)
            try await process.put(addresses.joined(separator: " "))
        } else if options.has("s") {
            try await process.put(String(name.prefix { $0 != "." }))
        } else if options.has("f") || options.has("d") {
            let full = HostsFile(process).canonicalName(of: name) ?? name
            let domain = full.split(separator: ".", maxSplits: 1).dropFirst().first.map(String.init) ?? ""
            try await process.put(options.has("d") ? domain : full)
        } else {
            try await process.put(name)
        }
        return 0
    }

    private static func uname(_ process: Process) async throws -> Int32 {
        let options = try AppletOptions(process.words, "asnrvmpio")
        let all: [(Character, String)] = [
            ("s", "Linux"), ("n", process.world.hostname), ("r", "6.12.0"), ("v", "#1 SMP"), ("m", "x86_64"),
            ("o", "GNU/Linux"),
        ]
        let wanted = options.flags.isEmpty ? ["s"] : options.has("a") ? Set(all.map(\.0)) : options.flags
        try await process.put(all.filter { wanted.contains($0.0) }.map(\.1).joined(separator: " "))
        return 0
    }

    private static func sleep(_ process: Process) async throws -> Int32 {
        guard !process.words.isEmpty else { throw AppletFailure("missing operand") }
        var total = 0.0
        for word in process.words {
            guard let length = Durations.seconds(word) else { throw AppletFailure("invalid number '\(word)'") }
            total += length
        }
        return await process.sleep(for: .seconds(saturating: total)) ? 0 : 137
    }

    private static func free(_ process: Process) async throws -> Int32 {
        // Without the file, all is zero.
        let text = (try? process.world.files.text("/proc/meminfo")) ?? ""
        var sizes: [Substring: Int] = [:]
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count > 1 { sizes[words[0]] = Int(words[1]) ?? 0 }
        }
        let divisor = process.words.contains("-m") ? 1_024 : process.words.contains("-g") ? 1 << 20 : 1
        let (total, free) = ((sizes["MemTotal:"] ?? 0) / divisor, (sizes["MemFree:"] ?? 0) / divisor)
        let available = (sizes["MemAvailable:"] ?? 0) / divisor
        try await process.put(
            "              total        used        free      shared  buff/cache   available")
        let numbers = [total, max(0, total -| free), free, 0, 0, available].map { Columns.right(String($0), 12) }
        try await process.put("Mem:    " + numbers.joined())
        try await process.put("Swap:   " + [0, 0, 0].map { Columns.right(String($0), 12) }.joined())
        return 0
    }

    private static func sysctl(_ process: Process) async throws -> Int32 {
        let options = try AppletOptions(process.words, "nNewaqp")
        var status: Int32 = 0
        for word in options.operands {
            let name = word.prefix { $0 != "=" }.replacing("/", with: ".")
            let path = "/proc/sys/" + name.replacing(".", with: "/")
            do throws(FileError) {
                if word.contains("=") {
                    try process.write(Array((word.drop { $0 != "=" }.dropFirst() + "\n").utf8), to: path)
                }
                let bytes = try process.read(path)
                let value = String(decoding: bytes.prefix { $0 != 10 }, as: UTF8.self)
                try? await process.output.write(options.has("n") ? value + "\n" : "\(name) = \(value)\n")  // As C does.
            } catch {
                if options.has("e") { continue }
                await process.complain("sysctl: error accessing key '\(name)': \(error)")
                status = 1
            }
        }
        return status
    }
}
