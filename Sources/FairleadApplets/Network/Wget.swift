import FairleadContainers
import FairleadModel

/// `wget`, as busybox has it.
struct Wget {
    private let process: Process
    private let isQuiet: Bool
    private let options: AppletOptions

    static let applet = Applet { process in
        let options = try AppletOptions(
            process.words, "qO:T:SU:Y:P:ct:o:nHh:d:sxk",
            long: [
                "quiet": "q", "output-document": "O", "timeout": "T", "server-response": "S", "post-data": "d",
                "post-file": "x", "header": "h", "spider": "s", "no-check-certificate": "k", "user-agent": "U",
                "tries": "t", "continue": "c", "directory-prefix": "P", "no-verbose": "n",
            ])
        guard !options.operands.isEmpty else {
            throw AppletFailure(
                "missing URL\nUsage: wget [-cqS] [--spider] [-O FILE] [--header STR] [--post-data STR] [-T SEC] URL...")
        }
        for url in options.operands {
            try await Wget(process: process, isQuiet: options.has("q"), options: options).fetch(url)
        }
        return 0
    }

    private func say(_ text: String) async { if !isQuiet { await process.complain(text) } }

    private func fetch(_ url: String) async throws {
        guard var address = WebAddress(url) else { throw AppletFailure("not an http or ftp url: \(url)") }
        let seconds = options.value("T").flatMap { Double($0) }
        var redirects = 0
        while true {
            let connection = try await connect(address, seconds)
            defer { connection.close() }
            let request = self.request(address)
            let limit = seconds.map { Duration.seconds(saturating: $0) } ?? .seconds(900)
            let answer: WebResponse?
            do {
                answer = try await within(limit, process.world.clock) {
                    try await WebClient.send(request, over: connection, limit: 64 << 20)
                }
            } catch {
                if Task.isCancelled { throw error }
                throw AppletFailure("error getting response: Connection reset by peer")
            }
            guard let answer else { throw AppletFailure("download timed out") }
            if options.has("S") {
                await process.complain("  HTTP/1.1 \(answer.status) \(WebResponse.phrase(of: answer.status))")
                for (name, value) in answer.headers { await process.complain("  \(name): \(value)") }
            }
            if (300..<400).contains(answer.status), let location = answer.header("location"),
                let next = address.following(location)
            {
                redirects += 1
                guard redirects <= 20 else { throw AppletFailure("too many redirections") }
                address = next
                continue
            }
            guard (200..<300).contains(answer.status) else {
                let phrase = WebResponse.phrase(of: answer.status)
                throw AppletFailure("server returned error: HTTP/1.1 \(answer.status) \(phrase)")
            }
            if options.has("s") {
                await say("remote file exists")
                return
            }
            return try await save(answer.body, address)
        }
    }

    private func connect(_ address: WebAddress, _ seconds: Double?) async throws -> Connection {
        let found: [IPAddress]
        do {
            found = try await HostResolver(process.world).addresses(of: address.host)
        } catch {
            throw AppletFailure("bad address '\(address.host)'")
        }
        let limit = seconds.map { Duration.seconds(saturating: $0) } ?? .seconds(900)
        var failure = AppletFailure("bad address '\(address.host)'")
        for candidate in found {
            let destination = NetworkAddress(candidate, address.port)
            await say("Connecting to \(address.authority) (\(destination))")
            do {
                return try await process.world.network.connect(to: destination, within: limit)
            } catch {
                if error == .timedOut, seconds != nil { throw AppletFailure("download timed out") }
                let reason = error == .timedOut ? "Operation timed out" : error.description
                failure = AppletFailure("can't connect to remote host (\(candidate)): \(reason)")
            }
        }
        throw failure
    }

    private func request(_ address: WebAddress) -> WebRequest {
        var headers: [(name: String, value: String)] = [
            ("Host", address.authority), ("User-Agent", options.value("U") ?? "Wget"), ("Connection", "close"),
        ]
        if let user = address.user {
            headers.append(("Authorization", "Basic " + Base64.encode(Array(user.utf8)[...])))
        }
        for header in options.all("h") {
            let parts = header.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { continue }
            headers.removeAll { $0.name.lowercased() == parts[0].lowercased() }
            let value = parts[1].drop { $0 == " " }.filter { $0 != "\r" && $0 != "\n" && $0 != "\r\n" }
            headers.append((String(parts[0]), String(value)))
        }
        guard let body = options.value("d") else {
            return WebRequest(options.has("s") ? "HEAD" : "GET", address.target, headers: headers)
        }
        headers.append(("Content-Type", "application/x-www-form-urlencoded"))
        headers.append(("Content-Length", String(body.utf8.count)))
        return WebRequest("POST", address.target, headers: headers, body: Array(body.utf8))
    }

    private func save(_ body: [UInt8], _ address: WebAddress) async throws {
        let own = address.target.prefix { $0 != "?" }.split(separator: "/").last.map(String.init) ?? "index.html"
        let folder = options.value("P").map { $0.hasSuffix("/") ? $0 : $0 + "/" } ?? ""
        let path = options.value("O") ?? folder + own
        let size = Columns.right(String(body.count), 5)
        let bar = "100% |********************************| \(size)  0:00:00 ETA"
        if path == "-" {
            await say("writing to stdout")
            try await process.output.write(body)
            await say("\(Columns.left("-", 20)) \(bar)\nwritten to stdout")
            return
        }
        if options.value("O") == nil, process.world.files.exists(process.path(path)) {
            throw AppletFailure("can't open '\(path)': File exists")
        }
        await say("saving to '\(path)'")
        do throws(FileError) {
            try process.write(body, to: path)
        } catch {
            throw AppletFailure("can't open '\(path)': \(error)")
        }
        await say("\(Columns.left(path, 20)) \(bar)\n'\(path)' saved")
    }
}
